#include "tests/support/web_servers.h"

#include <Poco/Exception.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/support/eventually.h"
#include "tests/support/process_info.h"

namespace rtbatch::test {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path kConf = std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf";
/// lighttpd that stops sends SIGTERM to all of its process group.
const std::string kOwnGroup = "/usr/bin/setsid";
const std::string kInstalledProgram = "/usr/local/bin/rtbatch-handler";

void giveAll(const std::filesystem::path& directory, uid_t user) {
    if (::chown(directory.c_str(), user, static_cast<gid_t>(-1)) != 0) {
        throw std::runtime_error("cannot give away " + directory.string());
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        // What has gone meanwhile need not be given.
        static_cast<void>(!::lchown(entry.path().c_str(), user, static_cast<gid_t>(-1)));
    }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, WebServer server) {
    static constexpr std::array<std::string_view, 4> kNames{"lighttpd", "Apache mod_cgid", "Apache mod_cgi",
                                                            "nginx and fcgiwrap"};
    return out << kNames.at(static_cast<std::size_t>(server));
}

uid_t CgiServer::programUser(WebServer kind) {
    const bool apache = kind == WebServer::apacheCgid || kind == WebServer::apacheCgi;
    const passwd* other = apache && ::geteuid() == 0 ? ::getpwnam("www-data") : nullptr;
    return other == nullptr ? 0 : other->pw_uid;
}

void giveTo(WebServer kind, const std::filesystem::path& directory) {
    if (const uid_t user = CgiServer::programUser(kind); user != 0) {
        giveAll(directory, user);
    }
}

CgiServer::CgiServer(WebServer kind, std::map<std::string, std::string> environment, int processes)
    : _environment([&] {
          environment.erase("RTBATCH_HANDLER_LISTEN");
          return std::move(environment);
      }()),
      _processes(processes),
      _program(_dir.path() / "bin" / "rtbatch-handler") {
    // Its own copy: its processes are known by it, and another user can read it.
    std::filesystem::create_directory(_program.parent_path());
    for (const char* name : {"rtbatch-handler", "rtbatch-page-reader"}) {
        std::filesystem::copy(std::filesystem::path(RTBATCH_BIN_DIR) / name, _program.parent_path() / name);
    }
    writeFile(_dir.file("empty.properties"), "");
    giveTo(kind, _dir.path());
    // Between finding a port and taking it, another test may have taken it.
    for (int attempt = 0; attempt < 5; ++attempt) {
        start(kind);
        if (eventually(10s, [this] { return answers() || !(_process->running()); }) && answers()) {
            return;
        }
    }
    throw std::runtime_error("the web server does not start:\n" + log());
}

CgiServer::~CgiServer() {
    _nginx.reset();
    if (_process) {
        _process->stop(10s);  // Apache waits for its programs
    }
    _process.reset();
    eventually(5s, [this] {
        killHandlers();
        return handlers().empty();
    });
}

void CgiServer::start(WebServer kind) {
    _process.reset();
    _port = freePort();
    switch (kind) {
        case WebServer::lighttpd:
            return startLighttpd();
        case WebServer::apacheCgid:
            return startApache(true);
        case WebServer::apacheCgi:
            return startApache(false);
        case WebServer::nginxFcgiwrap:
            return startNginx();
    }
}

/// Writes the shipped configuration as an operator would who has installed the program elsewhere.
std::string CgiServer::shipped(const std::string& name) const {
    std::string text = readFile(kConf / name / "rtbatch-cgi.conf");
    const std::size_t at = text.find(kInstalledProgram);
    if (at == std::string::npos) {
        throw std::runtime_error("conf/" + name + "/rtbatch-cgi.conf does not name the program");
    }
    text.replace(at, kInstalledProgram.size(), _program.string());
    std::string file = _dir.file("rtbatch-cgi.conf");
    writeFile(file, text);
    return file;
}

std::string CgiServer::environmentLines(const std::string& before, const std::string& between,
                                        const std::string& after) const {
    std::string lines;
    auto environment = _environment;
    environment.try_emplace("RTBATCH_CONFIG", _dir.file("empty.properties"));  // not this machine's
    for (const auto& [name, value] : environment) {
        lines += before;
        lines += name;
        lines += between;
        lines += value;
        lines += after;
    }
    return lines;
}

void CgiServer::startLighttpd() {
    const std::string dir = _dir.path();
    const std::string conf = _dir.file("lighttpd.conf");
    writeFile(conf, "server.port = " + std::to_string(_port) + "\nserver.bind = \"127.0.0.1\"\n" +
                        "server.document-root = \"" + dir + "/bin\"\n" + "server.errorlog = \"" + dir +
                        "/server.log\"\nserver.breakagelog = \"" + dir + "/programs.log\"\n" +
                        "server.upload-dirs = ( \"" + dir + "\" )\n" + "include \"" + shipped("lighttpd") +
                        "\"\nsetenv.add-environment = (\n" + environmentLines("  \"", "\" => \"", "\",\n") +
                        ")\n");
    _process = std::make_unique<Child>(ChildOptions{
        .command = {kOwnGroup, "/usr/sbin/lighttpd", "-D", "-f", conf}, .log = _dir.file("log")});
}

void CgiServer::startApache(bool cgid) {
    const std::string dir = _dir.path();
    const std::string conf = _dir.file("apache.conf");
    const auto module = [](const std::string& name) {
        return "LoadModule " + name + "_module /usr/lib/apache2/modules/mod_" + name + ".so\n";
    };
    writeFile(conf, "ServerRoot \"" + dir + "\"\nDefaultRuntimeDir \"" + dir + "\"\nPidFile \"" + dir +
                        "/apache.pid\"\nErrorLog \"" + dir + "/server.log\"\nServerName localhost\n" +
                        "Listen 127.0.0.1:" + std::to_string(_port) + "\n" +
                        module(cgid ? "mpm_event" : "mpm_prefork") + module(cgid ? "cgid" : "cgi") +
                        module("authz_core") + module("alias") + module("env") + module("deflate") +
                        (cgid ? "ScriptSock \"" + dir + "/cgid.sock\"\n" : std::string()) +
                        (programUser(WebServer::apacheCgi) != 0 ? "User www-data\nGroup www-data\n" : "") +
                        "StartServers 1\n<Directory />\n  Require all denied\n</Directory>\n" +
                        // The shipped file must keep compression off the stream.
                        "<If \"%{HTTP:Accept-Encoding} == 'gzip'\">\n  SetOutputFilter DEFLATE\n</If>\n" +
                        environmentLines("SetEnv ", " \"", "\"\n") + "Include \"" + shipped("apache") +
                        "\"\n");
    _process = std::make_unique<Child>(ChildOptions{
        .command = {kOwnGroup, "/usr/sbin/apache2", "-f", conf, "-DFOREGROUND"}, .log = _dir.file("log")});
}

void CgiServer::startNginx() {
    const std::string socket = _dir.file("fcgiwrap.sock");
    std::filesystem::remove(socket);
    _process = std::make_unique<Child>(ChildOptions{
        .command = {kOwnGroup, "/usr/bin/spawn-fcgi", "-n", "-s", socket, "--", "/usr/bin/multiwatch", "-f",
                    std::to_string(_processes), "--", "/usr/sbin/fcgiwrap", "-f"},
        .log = _dir.file("log")});
    eventually(5s, [&] { return std::filesystem::exists(socket) || !_process->running(); });
    _nginx = std::make_unique<Nginx>(
        _dir.path(), upstreamOf(socket), false,
        "include \"" + shipped("nginx") + "\";\n" + environmentLines("fastcgi_param ", " \"", "\";\n"));
    _port = _nginx->http().port;
}

bool CgiServer::answers() const {
    try {
        ask(http(), {.path = "/api/v1/health"});
        return true;
    } catch (const Poco::Exception&) {
        return false;
    }
}

std::vector<pid_t> CgiServer::handlers() const {
    return processesOf(_program);
}

void CgiServer::killHandlers() const {
    for (const pid_t pid : handlers()) {
        ::kill(pid, SIGKILL);
    }
}

std::string CgiServer::log() const {
    return readFile(_dir.file("log")) + readFile(_dir.file("server.log")) +
           readFile(_dir.file("programs.log")) + (_nginx ? _nginx->log() : std::string());
}

}  // namespace rtbatch::test
