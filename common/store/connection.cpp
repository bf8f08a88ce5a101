#include "common/store/connection.h"

#include <Poco/Data/DataException.h>
#include <Poco/Data/MySQL/Connector.h>
#include <Poco/Data/MySQL/Utility.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/URI.h>
#include <mysql/ma_pvio.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/store/coordination_queries.h"
#include "common/store/queries.h"
#include "common/store/store.h"

namespace rtbatch {

namespace {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;

/// The text between the first `begin` and the next `end` after it.
std::optional<std::string> between(const std::string& text, std::string_view begin, char end) {
    const auto start = text.find(begin);
    if (start == std::string::npos) {
        return std::nullopt;
    }
    const auto from = start + begin.size();
    const auto to = text.find(end, from);
    return text.substr(from, to == std::string::npos ? to : to - from);
}

/// Poco puts MySQL's error into its own text, `[mysql_stmt_error]: WORDS TAB [mysql_stmt_errno]: NUMBER TAB
/// ...`, and leaves the exception's code at 0.
int mysqlErrorNumber(const std::string& text) {
    const auto digits = between(text, "_errno]: ", '\t').value_or("");
    int number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

bool isOneOf(int number, std::initializer_list<int> numbers) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

StoreFault explainMysql(const std::string& text) {
    StoreFault fault;
    fault.message = between(text, "_error]: ", '\t').value_or(text);
    const int number = mysqlErrorNumber(text);
    // Gone away, lost, lost (extended), server shutdown, connection killed, lost while (new style).
    fault.gone = isOneOf(number, {2006, 2013, 2055, 1053, 1927, 4031});
    // Lock wait timeout, deadlock (Galera's certification failure too).
    fault.conflict = isOneOf(number, {1205, 1213});
    // Unknown table, unknown column.
    fault.unmigrated = isOneOf(number, {1146, 1054});
    fault.alreadyThere = number == 1060 || number == 1061;
    return fault;
}

StoreFault explainSqlite(const std::string& text) {
    StoreFault fault;
    fault.message = text;
    const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
    fault.conflict = has("database schema has changed");
    fault.unmigrated = has("no such table") || has("no such column") || has("has no column");
    return fault;
}

}  // namespace

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
                       const std::string& leaseClock)
    : _url(std::move(url)), _deadline(deadline) {
    try {
        if (_url.dialect == Dialect::sqlite) {
            openSqlite(mode);
        } else {
            openMysql(timeout, deadline);
        }
    } catch (const std::exception& e) {
        throw StoreError("cannot open the database (" + _url.describe() + "): " + explain(e).message +
                         (_url.dialect == Dialect::sqlite && mode == Mode::use
                              ? "; if it was never made, run rtbatch-admin migrate"
                              : ""));
    }
    _queries = std::make_unique<Queries>(*_session, _url.dialect);
    _coordination = std::make_unique<CoordinationQueries>(*_session, _url.dialect, leaseClock);
}

Connection::~Connection() = default;

void Connection::openSqlite(Mode mode) {
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
    // Reconnecting is ours (auto-reconnect would leave prepared statements behind).
    const std::string host = _url.socket.empty() ? _url.host : "localhost";
    const std::string connect = "host=" + host + ";port=" + std::to_string(_url.port) + ";user=" + _url.user +
                                ";password=" + _url.password + ";db=" + _url.database +
                                ";character-set=utf8mb4;auto-reconnect=false";
    const auto limit = std::max(seconds(1), floor<seconds>(deadline.left()));
    _session =
        std::make_unique<Poco::Data::Session>("MySQL", connect, static_cast<std::size_t>(limit.count()));
    setDeadline(deadline.sooner(Deadline::in(limit)));
    const auto statementSeconds = std::to_string(ceil<seconds>(timeout).count());
    const auto server = Poco::Data::MySQL::Utility::serverInfo(*_session);
    const bool mariadb = server.find("MariaDB") != std::string::npos;
    // What we stop waiting for, the server should stop working on.
    const std::string limitOnServer = mariadb ? "max_statement_time = " + statementSeconds
                                              : "max_execution_time = " + std::to_string(timeout.count());
    *_session << "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
                 "innodb_lock_wait_timeout = " +
                     statementSeconds + ", " + limitOnServer,
        Poco::Data::Keywords::now;
}

void Connection::setDeadline(Deadline deadline) {
    _deadline = deadline;
    const int left = static_cast<int>(std::clamp<std::int64_t>(deadline.left().count(), 1, 3'600'000));
    if (_url.dialect == Dialect::sqlite) {
        sqlite3_busy_timeout(Poco::Data::SQLite::Utility::dbHandle(*_session), left);
        return;
    }
    // MYSQL_OPT_READ_TIMEOUT counts only before connecting, and Poco connects in the session's constructor.
    // So the value that it sets is set where libmariadb keeps it, in milliseconds, for each wait for the
    // socket.
    MARIADB_PVIO* io = Poco::Data::MySQL::Utility::handle(*_session)->net.pvio;
    if (io != nullptr) {
        io->timeout[PVIO_READ_TIMEOUT] = left;
        io->timeout[PVIO_WRITE_TIMEOUT] = left;
    }
}

StoreFault Connection::explain(const std::exception& error) const {
    const auto* poco = dynamic_cast<const Poco::Exception*>(&error);
    const std::string text = poco == nullptr ? error.what() : poco->message();
    if (text.find("password=") != std::string::npos) {
        return {"not connected", true};  // Poco's text is the whole connection string
    }
    auto fault = _url.dialect == Dialect::sqlite ? explainSqlite(text) : explainMysql(text);
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
