#include "common/store/connection.h"

#include <Poco/Data/MySQL/Connector.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "common/store/coordination_queries.h"
#include "common/store/mysql_session.h"
#include "common/store/queries.h"
#include "common/store/store.h"

namespace rtbatch {

void prepareClient(const DatabaseUrl& url) {
    static std::mutex mutex;
    static bool sqliteReady = false;  // guarded by mutex, as the next two
    static bool mysqlReady = false;
    static std::string socketInUse;

    const std::lock_guard lock(mutex);
    if (url.dialect == Dialect::sqlite) {
        if (!sqliteReady) {
            Poco::Data::SQLite::Connector::registerConnector();
            sqliteReady = true;
        }
        return;
    }
    if (!mysqlReady) {
        if (!url.socket.empty()) {
            setenv("MYSQL_UNIX_PORT", url.socket.c_str(), 1);
        }
        const char* path = std::getenv("MYSQL_UNIX_PORT");
        socketInUse = path == nullptr ? "" : path;
        Poco::Data::MySQL::Connector::registerConnector();
        mysqlReady = true;
    }
    if (!url.socket.empty() && url.socket != socketInUse) {
        throw std::invalid_argument(
            "database.url: one process can use one Unix socket of MySQL only, and this one has " +
            (socketInUse.empty() ? "the default one" : socketInUse) + ", not " + url.socket);
    }
}

Connection::Connection(DatabaseUrl url, Mode mode, std::chrono::milliseconds timeout, Deadline deadline,
                       std::string leaseClock)
    : _url(std::move(url)), _leaseClock(std::move(leaseClock)), _deadline(deadline) {
    const Deadline connectBy =
        _url.dialect == Dialect::mysql ? Deadline::in(connectLimit(deadline)) : deadline;
    try {
        if (_url.dialect == Dialect::sqlite) {
            openSqlite(mode);
        } else {
            openMysql(timeout, deadline);
        }
    } catch (const std::exception& e) {
        const StoreFault fault = explain(e);
        using Kind = StoreError::Kind;
        throw StoreError("cannot open the database (" + _url.describe() + "): " + fault.message +
                             (_url.dialect == Dialect::sqlite && mode == Mode::use
                                  ? "; if it was never made, run rtbatch-admin migrate"
                                  : ""),
                         fault.crowded                                          ? Kind::crowded
                         : connectBy.passed() && _url.dialect == Dialect::mysql ? Kind::noAnswer
                                                                                : Kind::fault);
    }
    renewStatements();
}

void Connection::renewStatements() {
    _queries = std::make_unique<Queries>(*_session, _url.dialect);
    _coordination = std::make_unique<CoordinationQueries>(*_session, _url.dialect, _leaseClock);
}

Connection::~Connection() {
    if (_socket >= 0) {
        ::close(_socket);
    }
}

void Connection::interrupt() const {
    if (_url.dialect == Dialect::sqlite) {
        sqlite3_interrupt(Poco::Data::SQLite::Utility::dbHandle(*_session));
    } else if (_socket >= 0) {
        ::shutdown(_socket, SHUT_RDWR);
    }
}

namespace {

/// Makes the file before SQLite does. Made by root, it belongs to whoever owns the directory, or the handler
/// could not write to it; SQLite gives the files beside it the same owner.
void makeSqliteFile(const std::filesystem::path& file) {
    const std::string directory = file.parent_path();
    struct stat owner {};
    if (::stat(directory.c_str(), &owner) != 0) {
        throw std::runtime_error(
            "cannot look into " + directory + ": " + std::generic_category().message(errno) +
            "; make that directory, for the user that runs the handler, or write another path");
    }
    const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (made < 0) {
        return;  // it exists, or SQLite says why not
    }
    if (::geteuid() == 0 && ::fchown(made, owner.st_uid, owner.st_gid) != 0) {
        ::close(made);
        throw std::runtime_error("cannot give " + file.string() + " to the owner of its directory");
    }
    ::close(made);
}

}  // namespace

void Connection::openSqlite(Mode mode) {
    if (mode == Mode::create) {
        makeSqliteFile(_url.path);
    }
    // As a URI, for Poco always asks for the file to be made, and an empty one in the wrong directory
    // misleads.
    std::string path;
    Poco::URI::encode(_url.path, "?#%", path);
    const std::string uri = "file:" + path + (mode == Mode::use ? "?mode=rw" : "?mode=rwc");
    _session = std::make_unique<Poco::Data::Session>("SQLite", uri, 0);
    setDeadline(_deadline);
    *_session << "PRAGMA synchronous = NORMAL", Poco::Data::Keywords::now;
}

void Connection::openMysql(std::chrono::milliseconds timeout, Deadline deadline) {
    _session = openMysqlSession(_url, timeout, deadline);
    // The library may close its own at any time, and then the number is another socket's.
    _socket = ::fcntl(socketOf(*_session), F_DUPFD_CLOEXEC, 0);
}

void Connection::setDeadline(Deadline deadline) {
    _deadline = deadline;
    if (_url.dialect == Dialect::sqlite) {
        const int left = static_cast<int>(std::clamp<std::int64_t>(deadline.left().count(), 1, 3'600'000));
        sqlite3_busy_timeout(Poco::Data::SQLite::Utility::dbHandle(*_session), left);
        return;
    }
    setSocketTimeout(*_session, deadline.left());
}

StoreFault Connection::explain(const std::exception& error) const {
    const auto* poco = dynamic_cast<const Poco::Exception*>(&error);
    const std::string text = poco == nullptr ? error.what() : poco->message();
    auto fault = explainFault(_url.dialect, text);
    if (_deadline.passed()) {
        fault.message = "no answer in time (" + fault.message + ")";
    }
    return fault;
}

void Connection::markUsed() {
    _used = true;
    _lastUsed = Deadline::Clock::now();
}

}  // namespace rtbatch
