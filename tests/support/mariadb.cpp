#include "tests/support/mariadb.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/free_port.h"
#include "tests/support/kept_process.h"

namespace rtbatch::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto kStartLimit = 60s;  // of a loaded machine with sanitizers
constexpr auto kStopLimit = 20s;

constexpr const char* kUser = "rtbatch";
constexpr const char* kPassword = "rtbatch-test";

std::atomic<bool> fixedSocketTaken{false};

std::string readAll(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The server greets whoever connects, but only once it is ready: before, the kernel holds the connection.
bool greets(const std::string& path) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    bool greeted = false;
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        pollfd waiting{fd, POLLIN, 0};
        char byte = 0;
        greeted = poll(&waiting, 1, 1000) == 1 && recv(fd, &byte, 1, 0) == 1;
    }
    close(fd);
    return greeted;
}

std::string fixedSocketPath() {
    return "/tmp/rtbatch-mariadb-" + std::to_string(getpid()) + ".sock";
}

/// Before any test opens a connection: the client library reads this once.
const bool kSocketPathSet = [] {
    setenv("MYSQL_UNIX_PORT", fixedSocketPath().c_str(), 1);
    return true;
}();

/// A data directory as mariadb-install-db makes it, which takes longer than the server's start: made once for
/// each build and version of the server, and copied for each server.
fs::path installedData() {
    const auto version = fs::last_write_time("/usr/sbin/mariadbd").time_since_epoch().count();
    const fs::path made =
        fs::path(RTBATCH_BUILD_DIR) / ("mariadb-data-" + std::to_string(static_cast<unsigned long>(version)));
    const int lock = ::open((made.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ::flock(lock, LOCK_EX);  // tests run side by side
    if (!fs::exists(made)) {
        const fs::path fresh = made.string() + ".new";
        const fs::path log = made.string() + ".log";
        fs::remove_all(fresh);
        fs::create_directories(fresh);
        std::vector<std::string> command{"mariadb-install-db",
                                         "--no-defaults",
                                         "--datadir=" + fresh.string(),
                                         "--auth-root-authentication-method=normal",
                                         "--skip-test-db",
                                         "--innodb-log-file-size=8M"};
        if (geteuid() == 0) {
            command.emplace_back("--user=root");
        }
        if (KeptProcess(command, log).wait(kStartLimit) != 0) {
            ::close(lock);
            throw std::runtime_error("mariadb-install-db failed (is mariadb-server installed?): " +
                                     readAll(log));
        }
        fs::rename(fresh, made);
    }
    ::close(lock);
    return made;
}

}  // namespace

MariaDb::MariaDb() : MariaDb(MariaDbOptions{}) {}

MariaDb::MariaDb(MariaDbOptions options) : _options(std::move(options)), _port(freePort()) {
    std::string directory = (fs::temp_directory_path() / "rtbatch-mariadb-XXXXXX").string();
    if (mkdtemp(directory.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), directory);
    }
    _directory = directory;
    _ownsFixedSocket = !fixedSocketTaken.exchange(true);
    _socket = _ownsFixedSocket ? fixedSocketPath() : (_directory / "mysqld.sock").string();

    if (_options.install) {
        install();
    } else {
        fs::create_directory(_directory / "data");
    }
    if (geteuid() == 0 && _options.user != "root") {
        KeptProcess({"chown", "-R", _options.user + ":", directory}, "/dev/null").wait(kStartLimit);
    }
    if (_options.start) {
        start();
    }
}

void MariaDb::install() {
    fs::copy(installedData(), _directory / "data", fs::copy_options::recursive);
    std::ofstream init(_directory / "init.sql");
    init << "CREATE DATABASE IF NOT EXISTS rtbatch CHARACTER SET utf8mb4;\n";
    for (const auto* host : {"%", "localhost"}) {
        init << "CREATE USER IF NOT EXISTS '" << kUser << "'@'" << host << "' IDENTIFIED BY '" << kPassword
             << "';\n"
             << "GRANT ALL PRIVILEGES ON *.* TO '" << kUser << "'@'" << host << "';\n";
    }
}

std::vector<std::string> MariaDb::asUser(std::vector<std::string> command) const {
    if (geteuid() == 0 && _options.user == "root") {
        command.emplace_back("--user=root");
    } else if (geteuid() == 0) {
        // Not by its own --user, for the kernel forgets the death signal when a process changes its user.
        const std::vector<std::string> change{"setpriv", "--reuid=" + _options.user, "--clear-groups",
                                              "--regid=nogroup", "--pdeathsig=KILL"};
        command.insert(command.begin(), change.begin(), change.end());
    }
    return command;
}

MariaDb::~MariaDb() {
    _process.reset();
    std::error_code ignored;
    fs::remove(_socket, ignored);
    fs::remove_all(_directory, ignored);
    if (_ownsFixedSocket) {
        fixedSocketTaken = false;
    }
}

std::string MariaDb::url(std::string_view database) const {
    return std::string("mysql://") + kUser + ":" + kPassword + "@/" + std::string(database) +
           "?socket=" + _socket;
}

std::string MariaDb::tcpUrl(std::string_view database, std::string_view host) const {
    return std::string("mysql://") + kUser + ":" + kPassword + "@" + std::string(host) + ":" +
           std::to_string(_port) + "/" + std::string(database);
}

std::string MariaDb::sql(std::string_view statements, std::string_view database) const {
    static std::atomic<int> serial{0};
    const fs::path out = _directory / ("sql" + std::to_string(++serial) + ".out");
    const auto status = KeptProcess({"mariadb", "--no-defaults", "--socket=" + _socket, "--user=root",
                                     "--batch", "--skip-column-names", "--default-character-set=utf8mb4",
                                     "--execute=" + std::string(statements), std::string(database)},
                                    out)
                            .wait(kStartLimit);
    std::string text = readAll(out);
    if (status != 0) {
        throw std::runtime_error("mariadb: " + text);
    }
    return text;
}

void MariaDb::createDatabase(std::string_view name) const {
    const std::string quoted = "`" + std::string(name) + "`";
    sql("DROP DATABASE IF EXISTS " + quoted + "; CREATE DATABASE " + quoted + " CHARACTER SET utf8mb4",
        "mysql");
}

void MariaDb::start(const std::vector<std::string>& more) {
    std::vector<std::string> server{"mariadbd",
                                    "--no-defaults",
                                    "--datadir=" + (_directory / "data").string(),
                                    "--tmpdir=" + _directory.string(),
                                    "--socket=" + _socket,
                                    "--bind-address=127.0.0.1",
                                    "--port=" + std::to_string(_port),
                                    "--pid-file=" + (_directory / "pid").string(),
                                    "--skip-log-bin",
                                    "--skip-name-resolve",
                                    "--performance-schema=OFF",
                                    "--innodb-log-file-size=8M",
                                    "--innodb-buffer-pool-size=64M",
                                    "--innodb-flush-log-at-trx-commit=2"};
    if (_options.install && !std::exchange(_initialised, true)) {
        server.push_back("--init-file=" + (_directory / "init.sql").string());
    }
    server.insert(server.end(), _options.arguments.begin(), _options.arguments.end());
    server.insert(server.end(), more.begin(), more.end());
    _process = std::make_unique<KeptProcess>(asUser(server), _directory / "server.log");
    waitUntilReady();
}

void MariaDb::waitUntilReady() {
    const auto until = std::chrono::steady_clock::now() + kStartLimit;
    while (!greets(_socket)) {
        if (!_process->running() || std::chrono::steady_clock::now() > until) {
            throw std::runtime_error("mariadbd did not start: " + log());
        }
        std::this_thread::sleep_for(5ms);
    }
}

std::string MariaDb::log() const {
    return readAll(_directory / "server.log");
}

void MariaDb::stop() {
    _process->signal(SIGTERM);
    _process->wait(kStopLimit);
    _process.reset();
}

void MariaDb::kill9() {
    _process.reset();
}

void MariaDb::restart() {
    stop();
    start();
}

void MariaDb::pause() {
    _process->signal(SIGSTOP);
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (!_process->stopped()) {
        if (std::chrono::steady_clock::now() >= patience) {
            throw std::runtime_error("mariadbd does not stop at SIGSTOP");
        }
        std::this_thread::sleep_for(1ms);
    }
}

void MariaDb::resume() {
    _process->signal(SIGCONT);
}

}  // namespace rtbatch::test
