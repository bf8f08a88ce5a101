#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/http_client.h"
#include "tests/support/mariadb.h"
#include "tests/support/nginx.h"
#include "tests/support/standin_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/upstream_control.h"

namespace rtbatch::test {

enum class Database { sqlite, mariadb };
std::ostream& operator<<(std::ostream& out, Database database);

/// The key that a stack accepts.
inline const std::string kKey = "a-key-for-the-tests-only";

class Stack;

struct StackOptions {
    Database database = Database::sqlite;
    std::map<std::string, std::string> settings{};  ///< as in the properties file, `batch.timeout_s`
    bool tls = false;                               ///< nginx listens for HTTPS too
    std::optional<unsigned long> handlerMaxFiles{};
    bool migrate = true;
    std::string databaseUrl{};         ///< of a database that the test keeps, instead of its own
    const Stack* standinOf = nullptr;  ///< shares that stack's stand-in, which must live longer
    std::string programs{};            ///< the folder of the handler and the admin; empty: those just built
};

/// Whether /api/v1/ready answers 200 there.
bool isReady(const Endpoint& where);

/// Fetches these movies, so that they are hits from now on. Fails the test when one is not.
void fetchAll(const Endpoint& where, std::span<const std::string> imdbIds);

/// The SQL that makes the rows of these movies stale.
std::string expiryOf(std::span<const std::string> imdbIds);

/// The whole product as it runs in production, on real parts: stand-in upstreams, database, handler, nginx,
/// all of its own and on free ports. When it goes, the handler must stop with exit status 0.
class Stack {
public:
    /// Returns when /api/v1/ready answers 200. Throws with the logs of all programs when that does not come.
    explicit Stack(const StackOptions& options = {});
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    Endpoint http() const { return _nginx->http(); }
    Endpoint https() const { return _nginx->https(); }
    UpstreamControl& upstreams() { return _standin->control(); }
    /// Until resumeUpstreams() neither site answers anything.
    void pauseUpstreams() { _standin->pause(); }
    void resumeUpstreams() { _standin->resume(); }
    Child& handler() { return *_handler; }
    Nginx& nginx() { return *_nginx; }
    MariaDb& mariadb() { return *_mariadb; }
    /// For a program on this machine; the password is in it.
    std::string databaseUrl() const;
    /// Where the SQLite file is.
    std::string sqliteFile() const { return _dir.file("rtbatch.db"); }

    /// The handler's settings, as RTBATCH_A_B_C.
    std::map<std::string, std::string> handlerEnvironment() const;
    /// Where the SQLite file, the sockets and the logs are.
    const std::filesystem::path& directory() const { return _dir.path(); }

    std::string handlerSocket() const { return _dir.file("handler.sock"); }

    /// Runs one statement that gives no rows, on a database of its own.
    void sql(const std::string& statement);
    /// Makes the rows of these movies stale.
    void expire(std::span<const std::string> imdbIds) { sql(expiryOf(imdbIds)); }

    /// As if much time had passed: breakers are closed, and no movie is left alone because it failed.
    void forgetFailures();

    void migrate();
    void startHandler();
    /// SIGTERM; gives the exit status, nothing when it still runs at `limit`.
    std::optional<int> stopHandler(std::chrono::milliseconds limit = std::chrono::seconds(15));
    bool ready() const { return isReady(http()); }
    bool waitUntilReady(std::chrono::milliseconds limit = std::chrono::seconds(20)) const;

    /// As fetchAll().
    void warm(std::span<const std::string> imdbIds) { fetchAll(http(), imdbIds); }

    /// What all programs said, for the report of a failure.
    std::string logs() const;
    std::string handlerLog() const;
    /// nginx's log of requests.
    std::string accessLog() const;

private:
    std::string ownProgram(const std::string& name) const;

    StackOptions _options;
    TempDir _dir;
    std::unique_ptr<MariaDb> _mariadb;
    std::shared_ptr<StandinProcess> _standin;
    std::unique_ptr<Child> _handler;
    std::unique_ptr<Nginx> _nginx;
};

/// A batch request with the key.
HttpRequest batchOf(std::span<const std::string> imdbIds,
                    const std::map<std::string, std::string>& headers = {});

}  // namespace rtbatch::test
