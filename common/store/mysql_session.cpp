#include "common/store/mysql_session.h"

#include <Poco/Data/MySQL/Utility.h>
#include <mysql/ma_pvio.h>
#include <mysql/mysql.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
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

/// Whom this thread connects to.
thread_local const DatabaseUrl* connectingTo = nullptr;

/// What libmariadb calls in the place of connecting to a host `rtbatch-tls://NAME`: it sets the options that
/// count before connecting and that Poco has no words for.
MYSQL* connectEncrypted(MYSQL* mysql, const char* host, const char* user, const char* password,
                        const char* database, unsigned int port, const char* socket, unsigned long flags) {
    const my_bool on = 1;
    const my_bool verify = connectingTo->tls == DatabaseUrl::Tls::verify ? 1 : 0;
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (!connectingTo->caFile.empty()) {
        mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, connectingTo->caFile.c_str());
    }
    return mysql->methods->db_connect(mysql, host, user, password, database, port, socket, flags);
}

/// A plugin of libmariadb that makes connections, as its mysql/client_plugin.h has it (interface 0x0100),
/// which Debian ships without a file that it includes.
struct ConnectionPlugin {
    st_mysql_client_plugin head;
    MYSQL* (*connect)(MYSQL*, const char* host, const char* user, const char* password, const char* database,
                      unsigned int port, const char* socket, unsigned long flags);
    void (*close)(MYSQL*);
    int (*setOptions)(MYSQL*, unsigned int option, ...);
    int (*setConnection)(MYSQL*, enum_server_command, const char*, std::size_t, my_bool, void*);
    my_bool (*reconnect)(MYSQL*);
    int (*reset)(MYSQL*);
};

/// Asked before each command: there is no other server to turn to.
int keepConnection(MYSQL* /*mysql*/, enum_server_command /*command*/, const char* /*argument*/,
                   std::size_t /*length*/, my_bool /*skipCheck*/, void* /*options*/) {
    return 0;
}

constexpr const char* kTlsPlugin = "rtbatch-tls";

/// Once in a process.
bool registerTlsPlugin() {
    constexpr int kMakesConnections = 103;
    static ConnectionPlugin plugin{};
    plugin.head.type = kMakesConnections;
    plugin.head.interface_version = 0x0100;
    plugin.head.name = kTlsPlugin;
    plugin.head.author = "rtbatch";
    plugin.head.desc = "connections with TLS";
    plugin.head.license = "MIT";
    plugin.connect = &connectEncrypted;
    plugin.setConnection = &keepConnection;
    MYSQL* mysql = mysql_init(nullptr);
    const bool registered = mysql_client_register_plugin(mysql, &plugin.head) != nullptr;
    mysql_close(mysql);
    return registered;
}

}  // namespace

seconds connectLimit(Deadline deadline) {
    return std::max(seconds(1), floor<seconds>(deadline.left()));
}

std::unique_ptr<Poco::Data::Session> openMysqlSession(const DatabaseUrl& url,
                                                      std::chrono::milliseconds statementLimit,
                                                      Deadline deadline) {
    // Reconnecting is ours (auto-reconnect would leave prepared statements behind).
    std::string host = url.socket.empty() ? url.host : "localhost";
    if (url.tls != DatabaseUrl::Tls::off) {
        static const bool registered = registerTlsPlugin();
        if (!registered) {
            throw std::runtime_error("the client library knows no connections with TLS");
        }
        host.insert(0, std::string(kTlsPlugin) + "://");
        connectingTo = &url;
    }
    const std::string connect = "host=" + host + ";port=" + std::to_string(url.port) + ";user=" + url.user +
                                ";password=" + url.password + ";db=" + url.database +
                                ";character-set=utf8mb4;auto-reconnect=false";
    const seconds limit = connectLimit(deadline);
    auto session =
        std::make_unique<Poco::Data::Session>("MySQL", connect, static_cast<std::size_t>(limit.count()));
    if (url.tls != DatabaseUrl::Tls::off &&
        mysql_get_ssl_cipher(Poco::Data::MySQL::Utility::handle(*session)) == nullptr) {
        throw std::runtime_error("the server offers no TLS (SSL), which database.url asks for");
    }
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
        if (io->ctls != nullptr) {
            // With TLS the library waits in the socket itself, and then once more for this option's number,
            // as milliseconds; 0 is for ever.
            MYSQL* mysql = Poco::Data::MySQL::Utility::handle(session);
            mysql->options.read_timeout = 1;
            mysql->options.write_timeout = 1;
            const timeval time{.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000L};
            ::setsockopt(socketOf(session), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
            ::setsockopt(socketOf(session), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
        }
    }
}

int socketOf(Poco::Data::Session& session) {
    return static_cast<int>(mysql_get_socket(Poco::Data::MySQL::Utility::handle(session)));
}

}  // namespace rtbatch
