#include "tests/support/mariadb.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace rtbatch::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto kStartLimit = 60s;  // of a loaded machine with sanitizers
constexpr auto kStopLimit = 20s;

constexpr const char* kUser = "rtbatch";
constexpr const char* kPassword = "rtbatch-test";

std::atomic<bool> fixedSocketTaken{false};

/// Becomes `command`, its output in `log`; for the child after fork(), so it allocates nothing.
[[noreturn]] void become(const std::vector<char*>& command, int log, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);  // the parent died before the line above
    }
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    closefrom(3);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(command[0], command.data());
    _exit(127);
}

std::string readAll(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::uint16_t freePort() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool ok = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    const int error = errno;
    close(fd);
    if (!ok) {
        throw std::system_error(error, std::generic_category(), "a free port");
    }
    return ntohs(address.sin_port);
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

}  // namespace

/// A child process with a thread that starts it and waits for it: the kernel sends the death signal when the
/// *thread* ends that forked, so that thread has to live as long as the child.
class MariaDb::Process {
public:
    Process(const std::vector<std::string>& command, const fs::path& log) {
        std::promise<pid_t> started;
        auto pid = started.get_future();
        _ended = _end.get_future();
        _keeper = std::thread([this, command, log, &started] { keep(command, log, started); });
        _pid = pid.get();
    }

    ~Process() {
        signal(SIGKILL);
        _keeper.join();
    }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Never reaches another process: the keeper reaps under the same lock.
    void signal(int number) {
        const std::lock_guard lock(_mutex);
        if (!_reaped) {
            kill(_pid, number);
        }
    }

    /// Whether each of its threads is stopped: the signal takes its time to reach them all.
    bool stopped() const {
        const fs::directory_iterator threads("/proc/" + std::to_string(_pid) + "/task");
        return std::all_of(fs::begin(threads), fs::end(threads), [](const fs::directory_entry& thread) {
            std::string stat;
            std::getline(std::ifstream(thread.path() / "stat"), stat);
            const auto name = stat.rfind(") ");
            return name != std::string::npos && stat[name + 2] == 'T';
        });
    }

    bool running() const { return _ended.wait_for(0s) != std::future_status::ready; }

    /// The status as of waitpid(), or nothing after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit) const {
        if (_ended.wait_for(limit) != std::future_status::ready) {
            return std::nullopt;
        }
        return _ended.get();
    }

private:
    void keep(const std::vector<std::string>& command, const fs::path& log, std::promise<pid_t>& started) {
        std::vector<char*> argv;
        argv.reserve(command.size() + 1);
        for (const auto& word : command) {
            argv.push_back(const_cast<char*>(word.c_str()));
        }
        argv.push_back(nullptr);
        const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const pid_t parent = getpid();
        const pid_t pid = fork();
        if (pid == 0) {
            become(argv, out, parent);
        }
        close(out);
        started.set_value(pid);
        siginfo_t info{};
        while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
        }
        int status = 0;
        {
            const std::lock_guard lock(_mutex);
            waitpid(pid, &status, 0);  // at once: it has ended
            _reaped = true;
        }
        _end.set_value(status);
    }

    std::thread _keeper;
    pid_t _pid = -1;
    std::mutex _mutex;
    bool _reaped = false;  // guarded by _mutex
    std::promise<int> _end;
    std::shared_future<int> _ended;
};

MariaDb::MariaDb(const std::string& alsoOn)
    : _bindAddress(alsoOn.empty() ? "127.0.0.1" : "127.0.0.1," + alsoOn), _port(freePort()) {
    std::string directory = (fs::temp_directory_path() / "rtbatch-mariadb-XXXXXX").string();
    if (mkdtemp(directory.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), directory);
    }
    _directory = directory;
    _ownsFixedSocket = !fixedSocketTaken.exchange(true);
    _socket = _ownsFixedSocket ? fixedSocketPath() : (_directory / "mysqld.sock").string();

    std::vector<std::string> install{
        "mariadb-install-db", "--no-defaults", "--datadir=" + (_directory / "data").string(),
        // A starting server deletes what looks like an old one's temporary tables.
        "--tmpdir=" + _directory.string(), "--auth-root-authentication-method=normal", "--skip-test-db",
        "--innodb-log-file-size=8M"};
    if (geteuid() == 0) {
        install.emplace_back("--user=root");
    }
    const fs::path log = _directory / "install.log";
    const auto status = Process(install, log).wait(kStartLimit);
    if (status != 0) {
        throw std::runtime_error("mariadb-install-db failed (is mariadb-server installed?): " + readAll(log));
    }
    std::ofstream init(_directory / "init.sql");
    init << "CREATE DATABASE IF NOT EXISTS rtbatch CHARACTER SET utf8mb4;\n";
    for (const auto* host : {"%", "localhost"}) {
        init << "CREATE USER IF NOT EXISTS '" << kUser << "'@'" << host << "' IDENTIFIED BY '" << kPassword
             << "';\n"
             << "GRANT ALL PRIVILEGES ON *.* TO '" << kUser << "'@'" << host << "';\n";
    }
    init.close();
    start();
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
    const auto status = Process({"mariadb", "--no-defaults", "--socket=" + _socket, "--user=root", "--batch",
                                 "--skip-column-names", "--default-character-set=utf8mb4",
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

void MariaDb::start() {
    std::vector<std::string> server{"mariadbd",
                                    "--no-defaults",
                                    "--datadir=" + (_directory / "data").string(),
                                    "--tmpdir=" + _directory.string(),
                                    "--socket=" + _socket,
                                    "--bind-address=" + _bindAddress,
                                    "--port=" + std::to_string(_port),
                                    "--pid-file=" + (_directory / "pid").string(),
                                    "--init-file=" + (_directory / "init.sql").string(),
                                    "--skip-log-bin",
                                    "--skip-name-resolve",
                                    "--performance-schema=OFF",
                                    "--innodb-log-file-size=8M",
                                    "--innodb-buffer-pool-size=64M",
                                    "--innodb-flush-log-at-trx-commit=2"};
    if (geteuid() == 0) {
        server.emplace_back("--user=root");
    }
    _process = std::make_unique<Process>(server, _directory / "server.log");
    waitUntilReady();
}

void MariaDb::waitUntilReady() {
    const auto until = std::chrono::steady_clock::now() + kStartLimit;
    while (!greets(_socket)) {
        if (!_process->running() || std::chrono::steady_clock::now() > until) {
            throw std::runtime_error("mariadbd did not start: " + readAll(_directory / "server.log"));
        }
        std::this_thread::sleep_for(5ms);
    }
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
