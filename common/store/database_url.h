#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rtbatch {

/// Which SQL a database speaks.
enum class Dialect { sqlite, mysql };

/// `database.url`, taken apart and percent-decoded.
struct DatabaseUrl {
    Dialect dialect = Dialect::sqlite;
    std::string path;  ///< SQLite: the file, absolute

    std::string host;  ///< MySQL; "localhost" means the client library's default socket
    std::uint16_t port = 3306;
    std::string user;
    std::string password;
    std::string database;
    std::string socket;  ///< MySQL: an absolute path instead of host and port, or empty

    /// Whether the connection is encrypted.
    enum class Tls {
        off,
        encrypt,  ///< with whoever answers
        verify,   ///< and the server shows a certificate for its host's name, from one of those that we trust
    };
    Tls tls = Tls::off;  ///< MySQL by host and port
    std::string caFile;  ///< whom we trust; empty: whom the system trusts

    /// A relative path of SQLite counts from /var/lib/rtbatch, wherever the program was started: cron, a web
    /// server and a shell start it in different directories. Throws std::invalid_argument, which says what to
    /// write instead and never shows the password.
    static DatabaseUrl parse(std::string_view url);

    /// For messages: which database, without the password.
    std::string describe() const;
};

}  // namespace rtbatch
