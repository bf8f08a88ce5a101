#include "common/store/database_url.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/store/migrate.h"
#include "common/store/store.h"

using namespace rtbatch;

TEST_CASE("A SQLite URL is a path as it is written") {
    CHECK(DatabaseUrl::parse("sqlite:/srv/rtbatch.db").path == "/srv/rtbatch.db");
    CHECK(DatabaseUrl::parse("sqlite:/var/lib/a b%20c?.db").path == "/var/lib/a b%20c?.db");
    CHECK(DatabaseUrl::parse("sqlite:x").dialect == Dialect::sqlite);
}

TEST_CASE("A relative path of SQLite counts from one place, whatever the working directory") {
    CHECK(DatabaseUrl::parse("sqlite:var/rtbatch.db").path == "/var/lib/rtbatch/var/rtbatch.db");
    CHECK(DatabaseUrl::parse("sqlite:a.db").describe() == "SQLite /var/lib/rtbatch/a.db");
}

TEST_CASE("A MySQL URL names user, password, host, port and database") {
    const auto url = DatabaseUrl::parse("mysql://ann:secret@db.example:3307/films");
    CHECK(url.dialect == Dialect::mysql);
    CHECK(url.user == "ann");
    CHECK(url.password == "secret");
    CHECK(url.host == "db.example");
    CHECK(url.port == 3307);
    CHECK(url.database == "films");
    CHECK(url.socket.empty());
    CHECK(DatabaseUrl::parse("mysql://ann@db.example/films").port == 3306);
    CHECK(DatabaseUrl::parse("mysql://ann@[::1]:3307/films").host == "::1");
}

TEST_CASE("A MySQL URL may name a socket instead of a host") {
    const auto url = DatabaseUrl::parse("mysql://ann:pw@/films?socket=/run/my%20sql/mysqld.sock");
    CHECK(url.socket == "/run/my sql/mysqld.sock");
    CHECK(url.host.empty());
    CHECK(url.database == "films");
}

TEST_CASE("User and password are percent-decoded each for itself") {
    const auto url = DatabaseUrl::parse("mysql://a%3Ab%40c:p%40%3A%2F%3F%23%25%20+x=%F0%9F%8E%AC@h/d");
    CHECK(url.user == "a:b@c");
    CHECK(url.password == "p@:/?#% +x=\xF0\x9F\x8E\xAC");
    CHECK(DatabaseUrl::parse("mysql://u:a:b@h/d").password == "a:b");
    CHECK(DatabaseUrl::parse("mysql://u:a@b@h/d").password == "a@b");
}

TEST_CASE("localhost with a port means TCP, without one the default socket") {
    CHECK(DatabaseUrl::parse("mysql://u@localhost:3306/d").host == "127.0.0.1");
    CHECK(DatabaseUrl::parse("mysql://u@localhost/d").host == "localhost");
}

TEST_CASE("Another form is refused with what to write, and never shows the password") {
    const auto [url, why] = GENERATE(table<std::string, std::string>({
        {"", "empty"},
        {"var/rtbatch.db", "neither sqlite: nor mysql://"},
        {"postgres://u:hunter2@h/d", "neither sqlite: nor mysql://"},
        {"sqlite:", "no path"},
        {"sqlite:///var/x.db", "no path"},
        {"sqlite::memory:", "no file"},
        {"mysql://h/d", "no user"},
        {"mysql://:hunter2@h/d", "no user"},
        {"mysql://u:hunter2@h", "no database"},
        {"mysql://u:hunter2@h/", "no database"},
        {"mysql://u:hunter2@h/a/b", "no database"},
        {"mysql://u:hunter2@/d", "neither a host nor a socket"},
        {"mysql://u:hunter2@h/d?socket=/s", "both a host and a socket"},
        {"mysql://u:hunter2@/d?socket=s", "not an absolute path"},
        {"mysql://u:hunter2@h/d?ssl=1", "'ssl'"},
        {"mysql://u:hunter2/@h/d", "%XX"},
        {"mysql://u:hunter2%zz@h/d", "cannot be read"},
        {"mysql://u:hunter2@h:99999/d", "cannot be read"},
        {"mysql://u:hunter2%00@h/d", "zero byte"},
        {"mysql://u:hunter2%3B@h/d", "';'"},
        {"mysql://u:%20hunter2@h/d", "blank"},
        {"mysql://u:hunter2@h/d%3Bhost=x", "';'"},
    }));
    CAPTURE(url);
    try {
        DatabaseUrl::parse(url);
        FAIL("accepted");
    } catch (const std::invalid_argument& e) {
        CHECK_THAT(e.what(), Catch::Contains(why));
        CHECK_THAT(e.what(), Catch::Contains("database.url"));
        CHECK_THAT(e.what(), Catch::Contains("mysql://USER:PASSWORD@HOST:PORT/DATABASE"));
        CHECK_THAT(e.what(), !Catch::Contains("hunter2"));
    }
    CHECK_THROWS_AS(Store({.url = url}), std::invalid_argument);
}

TEST_CASE("A database is described without its password") {
    CHECK(DatabaseUrl::parse("mysql://ann:secret@h:3307/films").describe() == "MySQL ann@h:3307/films");
    CHECK(DatabaseUrl::parse("mysql://ann:secret@/films?socket=/s").describe() == "MySQL ann@/s/films");
    CHECK(DatabaseUrl::parse("sqlite:/a.db").describe() == "SQLite /a.db");
}

TEST_CASE("A migration's text is cut into statements at the semicolons that end a line") {
    CHECK(splitStatements("-- first; not a statement;\nCREATE TABLE a (\n  b TEXT DEFAULT ';x'\n);\n\n  "
                          "\nDROP x;  \nLAST") ==
          std::vector<std::string>{"CREATE TABLE a (\n  b TEXT DEFAULT ';x'\n)\n", "DROP x\n", "LAST\n"});
    CHECK(splitStatements("-- nothing\n").empty());
}

TEST_CASE("Both databases have the same migrations") {
    const auto sqlite = migrations(Dialect::sqlite);
    const auto mysql = migrations(Dialect::mysql);
    REQUIRE(sqlite.size() == mysql.size());
    for (std::size_t i = 0; i < sqlite.size(); ++i) {
        CHECK(sqlite[i].version == static_cast<int>(i) + 1);
        CHECK(mysql[i].version == sqlite[i].version);
        CHECK(mysql[i].name == sqlite[i].name);
        CHECK_FALSE(splitStatements(sqlite[i].sql).empty());
        CHECK_FALSE(splitStatements(mysql[i].sql).empty());
    }
}
