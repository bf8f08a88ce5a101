#include "tests/support/nginx.h"

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocket.h>
#include <unistd.h>

#include <map>
#include <regex>
#include <stdexcept>
#include <utility>

#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

const std::filesystem::path kConf = std::filesystem::path(RTBATCH_SOURCE_DIR) / "conf" / "nginx";

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) {
        const std::string mark = "@" + name + "@";
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
            text.replace(at, mark.size(), value);
        }
    }
    return text;
}

bool listens(std::uint16_t port) {
    try {
        const Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", port));
        return true;
    } catch (const Poco::Exception&) {
        return false;
    }
}

}  // namespace

Certificate makeCertificate(const std::filesystem::path& dir) {
    Certificate made{.chain = dir / "cert.pem", .key = dir / "key.pem"};
    runProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", made.key, "-out", made.chain},
               {});
    return made;
}

std::string upstreamOf(const std::string& handlerSocket) {
    return "upstream rtbatch { server \"unix:" + handlerSocket + "\"; }";
}

std::string shippedUpstreamOf(const std::vector<std::string>& servers) {
    static const std::regex server("\\n *server [^ ;]+([^;]*;)");
    std::string text = readFile(kConf / "rtbatch.two-hosts.conf");
    std::smatch shipped;
    if (!std::regex_search(text, shipped, server)) {
        throw std::runtime_error("rtbatch.two-hosts.conf has no line `server HOST:PORT`");
    }
    std::string lines;
    for (const std::string& one : servers) {
        lines += "\n    server \"" + one + "\"" + shipped[1].str();
    }
    text.replace(static_cast<std::size_t>(shipped.position()), static_cast<std::size_t>(shipped.length()),
                 lines);
    // The shipped ones that are left follow ours.
    const std::regex others("\\n *server [^ ;\"]+[^;]*;");
    return std::regex_replace(text, others, "");
}

Nginx::Nginx(std::filesystem::path dir, const std::string& upstream, bool tls, const std::string& serverLines,
             const std::filesystem::path& locations)
    : _dir(std::move(dir)) {
    // Between finding a port and taking it, another test may have taken it.
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (start(upstream, tls, serverLines, locations.empty() ? kConf : locations)) {
            return;
        }
    }
    throw std::runtime_error("nginx does not start:\n" + log());
}

bool Nginx::start(const std::string& upstream, bool tls, const std::string& serverLines,
                  const std::filesystem::path& locations) {
    _process.reset();
    _port = freePort();
    std::string tlsLines;
    if (tls) {
        _tlsPort = freePort();
        const Certificate certificate = makeCertificate(_dir);
        tlsLines = "listen 127.0.0.1:" + std::to_string(_tlsPort) +
                   " ssl http2 backlog=4096; ssl_certificate " + certificate.chain.string() +
                   "; ssl_certificate_key " + certificate.key.string() + ";";
    }
    const std::string conf = (_dir / "nginx.conf").string();
    writeFile(conf, filled(readFile(kConf / "rtbatch.local.conf.in"),
                           {{"USER", ::geteuid() == 0 ? "user root;" : ""},
                            {"WORKERS", "1"},
                            {"FILES", "20000"},
                            {"CONNECTIONS", "19000"},
                            {"DIR", _dir.string()},
                            {"UPSTREAM", upstream},
                            {"PORT", std::to_string(_port)},
                            {"TLS", tlsLines + serverLines},
                            {"CONF", locations.string()}}));
    _command = {"/usr/sbin/nginx", "-p", _dir.string(), "-c", conf, "-e", "stderr"};
    _process = std::make_unique<Child>(ChildOptions{.command = _command, .log = _dir / "nginx.log"});
    eventually(std::chrono::seconds(10), [this] { return listens(_port) || !_process->running(); });
    return _process->running();
}

std::string Nginx::log() const {
    return readFile(_dir / "nginx.log") + readFile(_dir / "nginx-error.log");
}

}  // namespace rtbatch::test
