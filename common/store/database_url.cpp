#include "common/store/database_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <cctype>
#include <stdexcept>

namespace rtbatch {

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql://";
constexpr const char* kStateDirectory = "/var/lib/rtbatch/";

[[noreturn]] void refuse(const std::string& why) {
    throw std::invalid_argument(
        "database.url " + why +
        "; write sqlite:PATH, mysql://USER:PASSWORD@HOST:PORT/DATABASE or "
        "mysql://USER:PASSWORD@/DATABASE?socket=/PATH, the former with ?tls=verify and &ca=/PATH.pem for an "
        "encrypted connection, with %XX for unusual characters of "
        "the user and the password");
}

std::string decode(std::string_view text) {
    std::string decoded;
    Poco::URI::decode(std::string(text), decoded);
    if (decoded.find('\0') != std::string::npos) {
        refuse("has a zero byte (%00)");
    }
    return decoded;
}

/// Poco's connection string knows no quoting: `;` ends a value, and blanks around one are cut off.
void refuseUnspeakable(const std::string& value, const char* what) {
    const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    if (value.find(';') != std::string::npos ||
        (!value.empty() && (blank(value.front()) || blank(value.back())))) {
        refuse(std::string("has a ") + what +
               " with a ';', or with a blank at its beginning or end, which the client library cannot carry: "
               "choose "
               "another " +
               what);
    }
}

void readParameter(DatabaseUrl& url, const std::string& name, const std::string& value) {
    using Tls = DatabaseUrl::Tls;
    if (name == "tls") {
        if (value != "verify" && value != "encrypt" && value != "off") {
            refuse("has a tls that is neither verify, encrypt nor off");
        }
        url.tls = value == "verify" ? Tls::verify : value == "encrypt" ? Tls::encrypt : Tls::off;
        return;
    }
    if (name != "socket" && name != "ca") {
        refuse("has the parameter '" + name + "', but only socket, tls and ca are known");
    }
    if (!value.starts_with('/')) {
        refuse("has a " + name + " that is not an absolute path");
    }
    (name == "ca" ? url.caFile : url.socket) = value;
}

DatabaseUrl parseMysql(std::string_view url) {
    DatabaseUrl result;
    result.dialect = Dialect::mysql;

    // The user and the password are cut out by hand: Poco::URI decodes them as one, and then a ':' in
    // the password of a user cannot be told from the one between the two.
    const auto rest = url.substr(kMysql.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) {
        refuse(rest.find('@') == std::string_view::npos ? "names no user"
                                                        : "has a '/', '?' or '#' that must be %XX");
    }
    const auto login = authority.substr(0, at);
    const auto colon = login.find(':');
    result.user = decode(login.substr(0, colon));
    result.password = colon == std::string_view::npos ? "" : decode(login.substr(colon + 1));

    const Poco::URI uri("mysql://" + std::string(rest.substr(at + 1)));
    result.host = uri.getHost();
    const bool portGiven = uri.getPort() != 0;
    if (portGiven) {
        result.port = uri.getPort();
    }
    result.database = uri.getPath().empty() ? "" : uri.getPath().substr(1);
    for (const auto& [name, value] : uri.getQueryParameters()) {
        readParameter(result, name, value);
    }

    if (result.user.empty()) {
        refuse("names no user");
    }
    if (result.database.empty() || result.database.find('/') != std::string::npos) {
        refuse("names no database");
    }
    if (result.host.empty() == result.socket.empty()) {
        refuse(result.host.empty() ? "names neither a host nor a socket" : "names both a host and a socket");
    }
    if (!result.socket.empty() && result.tls != DatabaseUrl::Tls::off) {
        refuse("asks for tls through a socket of this machine");
    }
    if (!result.caFile.empty() && result.tls != DatabaseUrl::Tls::verify) {
        refuse("names a ca, which counts with tls=verify only");
    }
    if (result.host == "localhost" && (portGiven || result.tls != DatabaseUrl::Tls::off)) {
        result.host =
            "127.0.0.1";  // the client library takes "localhost" for its default socket, port or no port
    }
    refuseUnspeakable(result.user, "user");
    refuseUnspeakable(result.password, "password");
    refuseUnspeakable(result.database, "database");
    refuseUnspeakable(result.host, "host");
    return result;
}

}  // namespace

DatabaseUrl DatabaseUrl::parse(std::string_view url) {
    if (url.starts_with(kSqlite)) {
        DatabaseUrl result;
        result.path = url.substr(kSqlite.size());
        // Not percent-decoded: it is a path as everybody writes it, and no other part follows.
        if (result.path.empty() || result.path.starts_with("//") ||
            result.path.find('\0') != std::string::npos) {
            refuse("has no path after sqlite: (one that begins with // is not one)");
        }
        if (result.path == ":memory:") {
            refuse("names no file: each connection would have a database of its own in memory");
        }
        if (!result.path.starts_with('/')) {
            result.path.insert(0, kStateDirectory);
        }
        return result;
    }
    if (url.starts_with(kMysql)) {
        try {
            return parseMysql(url);
        } catch (const Poco::Exception&) {
            refuse("cannot be read");  // without Poco's words, which may hold a part of the password
        }
    }
    refuse(url.empty() ? "is empty" : "begins with neither sqlite: nor mysql://");
}

std::string DatabaseUrl::describe() const {
    if (dialect == Dialect::sqlite) {
        return "SQLite " + path;
    }
    return "MySQL " + user + "@" + (socket.empty() ? host + ":" + std::to_string(port) : socket) + "/" +
           database;
}

}  // namespace rtbatch
