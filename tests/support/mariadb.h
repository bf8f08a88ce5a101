#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch::test {

class KeptProcess;

struct MariaDbOptions {
    std::vector<std::string> arguments{};  ///< of mariadbd, after ours, so that they win
    bool install = true;  ///< false: the data directory is empty, its data come from another server
    bool start = true;    ///< false: start() is left to the caller
    /// As whom it runs when the test is root: rsync, as root, takes no files but as nobody.
    std::string user = "root";
};

/// A real MariaDB of its own in a temporary directory, on a Unix socket and on a free port of 127.0.0.1, with
/// an empty database `rtbatch` and a user `rtbatch` who may do everything. Ready when constructed; gone
/// with its files when destroyed, and killed by the kernel when the test dies. Needs mariadb-server.
///
/// The client library reads the path of a socket once in a process, so the first server that lives gets a
/// path that is always the same in this process; from a second one at the same time only other processes can
/// use url(), this one must use tcpUrl().
class MariaDb {
public:
    MariaDb();
    explicit MariaDb(MariaDbOptions options);
    ~MariaDb();
    MariaDb(const MariaDb&) = delete;
    MariaDb& operator=(const MariaDb&) = delete;

    /// `database.url` through the Unix socket.
    std::string url(std::string_view database = "rtbatch") const;
    /// `database.url` through TCP.
    std::string tcpUrl(std::string_view database = "rtbatch", std::string_view host = "127.0.0.1") const;
    std::string socketPath() const { return _socket; }
    std::uint16_t port() const { return _port; }

    /// Runs statements as root with the `mariadb` program; gives what it prints, cells parted by tabs.
    /// Throws std::runtime_error with its complaint.
    std::string sql(std::string_view statements, std::string_view database = "rtbatch") const;

    /// Makes an empty database, dropping what had its name.
    void createDatabase(std::string_view name) const;

    void stop();   ///< cleanly; waits until it is gone
    void kill9();  ///< like a crash; waits until it is gone
    /// After stop() or kill9(), on the same data; waits until it answers. `more` is for this start only.
    void start(const std::vector<std::string>& more = {});
    void restart();  ///< stop() and start()
    void pause();    ///< SIGSTOP: it accepts connections (the kernel does) and answers nothing
    void resume();   ///< SIGCONT

    /// What the server said.
    std::string log() const;

private:
    void install();
    std::vector<std::string> asUser(std::vector<std::string> command) const;
    void waitUntilReady();

    MariaDbOptions _options;
    std::filesystem::path _directory;
    std::string _socket;
    bool _ownsFixedSocket = false;
    bool _initialised = false;
    std::uint16_t _port = 0;
    std::unique_ptr<KeptProcess> _process;
};

}  // namespace rtbatch::test
