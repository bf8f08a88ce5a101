#pragma once

#include <Poco/Data/Session.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "common/model/deadline.h"
#include "common/store/database_url.h"
#include "common/store/store_fault.h"

namespace rtbatch {

class CoordinationQueries;
class Queries;

/// One connection to the database with its prepared statements. For one thread at a time.
class Connection {
public:
    enum class Mode {
        use,     ///< a SQLite file must exist
        create,  ///< a SQLite file is made when there is none
    };

    /// Connects, at most until `deadline`, in whole seconds (the client library counts in them), at least
    /// one. `timeout` is the longest that the server may work on one statement. Throws StoreError.
    /// `leaseClock`: see StoreOptions.
    Connection(DatabaseUrl url, Mode mode, std::chrono::milliseconds timeout, Deadline deadline,
               std::string leaseClock = {});
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Until when the statements to come may take, to the millisecond.
    void setDeadline(Deadline deadline);

    Poco::Data::Session& session() { return *_session; }
    Queries& queries() { return *_queries; }
    CoordinationQueries& coordination() { return *_coordination; }

    /// After a statement that failed and left the connection well.
    void renewStatements();

    /// Ends what waits for the database on this connection, at once; from any thread, while it lives. It is
    /// of no use then.
    void interrupt() const;

    /// Reads an exception that a statement of this connection threw.
    StoreFault explain(const std::exception& error) const;

    bool used() const { return _used; }
    void markUsed();
    Deadline::Clock::time_point lastUsed() const { return _lastUsed; }

private:
    void openSqlite(Mode mode);
    void openMysql(std::chrono::milliseconds timeout, Deadline deadline);

    DatabaseUrl _url;
    const std::string _leaseClock;
    Deadline _deadline;
    int _socket = -1;  // of MySQL, a descriptor of our own
    bool _used = false;
    Deadline::Clock::time_point _lastUsed = Deadline::Clock::now();
    std::unique_ptr<Poco::Data::Session> _session;
    std::unique_ptr<Queries> _queries;  // after the session, as the next one: they go first
    std::unique_ptr<CoordinationQueries> _coordination;
};

/// Makes the process ready for `url`. The client library reads a Unix socket's path from the environment,
/// once in a process, so this sets MYSQL_UNIX_PORT and must be called before there are threads that read the
/// environment. Throws std::invalid_argument for a second, different socket.
void prepareClient(const DatabaseUrl& url);

}  // namespace rtbatch
