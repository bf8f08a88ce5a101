#include "common/store/mysql_session.h"

#include <Poco/Data/MySQL/Utility.h>
#include <mysql/ma_pvio.h>

#include <algorithm>
#include <string>

namespace rtbatch {

namespace {

using std::chrono::ceil;
using std::chrono::floor;
using std::chrono::seconds;
using namespace std::chrono_literals;

/// A connection that nobody has used for so long is closed by the server: the pool has closed its own before,
/// so this is of a host that vanished.
constexpr seconds kServerIdleLimit = 60s;

/// What an operator, or a host, may have chosen otherwise for the whole server, and the store relies on.
/// Every statement is a transaction of its own; texts are utf8mb4 both ways; what does not fit is refused and
/// not cut; a statement finds and changes all the rows that it names; and times are UTC.
void setWhatCounts(Poco::Data::Session& session, seconds statementLimit, const std::string& limitOnServer) {
    const std::string limit = std::to_string(statementLimit.count());
    std::string rest =
        "SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = "
        "'+00:00', completion_type = 'NO_CHAIN', sql_safe_updates = 0, sql_select_limit = "
        "18446744073709551615, sql_big_selects = 1, sql_auto_is_null = 0, unique_checks = 1";
    rest += ", innodb_lock_wait_timeout = " + limit;
    rest += ", lock_wait_timeout = " + limit;
    rest += ", wait_timeout = " + std::to_string(kServerIdleLimit.count());
    rest += ", " + limitOnServer;
    // REPEATABLE READ is the server's own default: with a lesser one a binary log of statements refuses
    // writes.
    session << "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
        Poco::Data::Keywords::now;
    session << rest, Poco::Data::Keywords::now;
    // A server may be told to ignore what the client library asks for when it connects.
    session << "SET NAMES utf8mb4", Poco::Data::Keywords::now;
}

}  // namespace

seconds connectLimit(Deadline deadline) {
    return std::max(seconds(1), floor<seconds>(deadline.left()));
}

std::unique_ptr<Poco::Data::Session> openMysqlSession(const DatabaseUrl& url,
                                                      std::chrono::milliseconds statementLimit,
                                                      Deadline deadline) {
    // Reconnecting is ours (auto-reconnect would leave prepared statements behind).
    const std::string host = url.socket.empty() ? url.host : "localhost";
    const std::string connect = "host=" + host + ";port=" + std::to_string(url.port) + ";user=" + url.user +
                                ";password=" + url.password + ";db=" + url.database +
                                ";character-set=utf8mb4;auto-reconnect=false";
    const seconds limit = connectLimit(deadline);
    auto session =
        std::make_unique<Poco::Data::Session>("MySQL", connect, static_cast<std::size_t>(limit.count()));
    setSocketTimeout(*session, deadline.sooner(Deadline::in(limit)).left());
    const auto wholeSeconds = ceil<seconds>(statementLimit);
    const bool mariadb =
        Poco::Data::MySQL::Utility::serverInfo(*session).find("MariaDB") != std::string::npos;
    // What we stop waiting for, the server should stop working on.
    setWhatCounts(*session, wholeSeconds,
                  mariadb ? "max_statement_time = " + std::to_string(wholeSeconds.count())
                          : "max_execution_time = " + std::to_string(statementLimit.count()));
    return session;
}

void setSocketTimeout(Poco::Data::Session& session, std::chrono::milliseconds timeout) {
    const int left = static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 1, 3'600'000));
    // MYSQL_OPT_READ_TIMEOUT counts only before connecting, and Poco connects in the session's constructor.
    // So the value that it sets is set where libmariadb keeps it, in milliseconds, for each wait for the
    // socket.
    MARIADB_PVIO* io = Poco::Data::MySQL::Utility::handle(session)->net.pvio;
    if (io != nullptr) {
        io->timeout[PVIO_READ_TIMEOUT] = left;
        io->timeout[PVIO_WRITE_TIMEOUT] = left;
    }
}

int socketOf(Poco::Data::Session& session) {
    return static_cast<int>(mysql_get_socket(Poco::Data::MySQL::Utility::handle(session)));
}

}  // namespace rtbatch
