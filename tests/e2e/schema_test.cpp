// A handler whose database is at another version than it is itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "common/store/migrate.h"
#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"
#include "tests/support/web_servers.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kOurs = std::to_string(rtbatch::migrations(rtbatch::Dialect::sqlite).back().version);

/// A stack whose handler was started on a database at that version, of those that it knows.
struct Older {
    explicit Older(int version, Database database = Database::sqlite)
        : stack({.database = database, .migrate = false}) {
        stack.stopHandler();
        const auto dialect =
            database == Database::sqlite ? rtbatch::Dialect::sqlite : rtbatch::Dialect::mysql;
        rtbatch::migrate({.url = stack.databaseUrl()},
                         rtbatch::migrations(dialect).first(static_cast<std::size_t>(version)));
        start();
    }
    void start() {
        stack.startHandler();
        REQUIRE(eventually(10s, [&] { return health() == 200; }));
    }
    int health() const { return ask(stack.http(), {.path = "/api/v1/health"}).status(); }
    HttpResponse ready() const { return ask(stack.http(), {.path = "/api/v1/ready"}); }
    int inLog(const std::string& words) const {
        const std::string log = stack.handlerLog();
        int count = 0;
        for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) {
            ++count;
        }
        return count;
    }

    Stack stack;
};

void checkSays(const HttpResponse& response, const std::string& words) {
    CHECK(response.status() == 503);
    CHECK(response.header("content-type") == "application/problem+json");
    const auto problem = parseObject(response.body());
    CHECK(problem->getValue<std::string>("error") == "store_unavailable");
    CHECK(problem->getValue<std::string>("detail") == words);
}

}  // namespace

TEST_CASE(
    "a handler that is newer than its database says so at its start and at /ready, until migrate was run",
    "[schema]") {
    Older older(4, GENERATE(Database::sqlite, Database::mariadb));
    const std::string versions =
        "is at version 4, this program needs " + kOurs + ": run rtbatch-admin migrate";
    CHECK(eventually(5s, [&] { return older.inLog(versions) == 1; }));
    for (int i = 0; i < 3; ++i) {
        checkSays(older.ready(), "The database " + versions + ".");
    }
    CHECK(older.inLog(versions) == 1);
    CHECK(older.health() == 200);

    older.stack.migrate();
    CHECK(older.stack.waitUntilReady(10s));
    CHECK(older.inLog("the database is at this program's version now, " + kOurs) == 1);
}

TEST_CASE("a database without any tables is at version 0", "[schema]") {
    Stack stack({.database = Database::mariadb, .migrate = false});
    REQUIRE(eventually(10s, [&] { return ask(stack.http(), {.path = "/api/v1/health"}).status() == 200; }));
    const std::string words =
        "The database is at version 0, this program needs " + kOurs + ": run rtbatch-admin migrate.";
    checkSays(ask(stack.http(), {.path = "/api/v1/ready"}), words);
    checkSays(ask(stack.http(), batchOf(madeUpMovies(1, 1))), words);
}

TEST_CASE("what has to be fetched on a database that is too old fails at once, and hits are served",
          "[schema]") {
    const int version = GENERATE(1, 2, 3, 4);
    Older older(version);
    const auto films = madeUpMovies(1, 3);
    for (int i = 0; i < 2; ++i) {
        const HttpResponse response = ask(older.stack.http(), batchOf(films));
        INFO(response.body());
        checkWhole(response, films);
        CHECK(doneOf(response).errors == 3);
        CHECK_THAT(response.body(), Contains("nothing is fetched; ask again later"));
    }
    CHECK(older.stack.upstreams().counts(Site::rt).requests == 0);

    older.stack.migrate();
    CHECK(eventually(10s, [&] { return doneOf(ask(older.stack.http(), batchOf(films))).errors == 0; }));
    CHECK(older.inLog("until that is over nothing is fetched") == 1);
}

TEST_CASE("a key cannot be known on a database that is too old, and the answer says why", "[schema]") {
    Older older(3);
    HttpRequest request = batchOf(madeUpMovies(1, 1));
    request.headers["X-API-Key"] = "rtb_" + std::string(64, '0');
    for (int i = 0; i < 2; ++i) {
        checkSays(ask(older.stack.http(), request), "The database is at version 3, this program needs " +
                                                        kOurs + ": run rtbatch-admin migrate.");
    }
    CHECK(older.inLog("the store: ") == 0);
}

TEST_CASE("a handler that is older than its database says so and goes on with what still works", "[schema]") {
    Stack stack;
    const auto films = madeUpMovies(1, 3);
    stack.sql("INSERT INTO schema_migration (version, name, applied_at) VALUES (99, 'later', 1)");
    const std::string versions = "is at version 99, newer than this program's " + kOurs +
                                 ": install the newer program, whose rtbatch-admin migrate was run";
    for (int i = 0; i < 2; ++i) {
        checkSays(ask(stack.http(), {.path = "/api/v1/ready"}), "The database " + versions + ".");
        checkWhole(ask(stack.http(), batchOf(films)), films);
    }
    const std::string log = stack.handlerLog();
    CHECK(log.find(versions) != std::string::npos);
    CHECK(log.find(versions) == log.rfind(versions));
}

TEST_CASE("a CGI program says it too", "[schema]") {
    Older older(3);
    const CgiServer server(WebServer::lighttpd, older.stack.handlerEnvironment());
    giveTo(WebServer::lighttpd, older.stack.directory());
    INFO(server.log());
    const std::string words =
        "The database is at version 3, this program needs " + kOurs + ": run rtbatch-admin migrate.";
    checkSays(ask(server.http(), {.path = "/api/v1/ready"}), words);
    const auto films = madeUpMovies(1, 3);
    const HttpResponse response = ask(server.http(), batchOf(films));
    checkWhole(response, films);
    CHECK(doneOf(response).errors == 3);
    HttpRequest request = batchOf(films);
    request.headers["X-API-Key"] = "rtb_" + std::string(64, '0');
    checkSays(ask(server.http(), request), words);
}
