// The database goes away and comes back.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <memory>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

void checkRefused(Stack& stack, const std::vector<std::string>& ids) {
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    INFO(response.body());
    CHECK(response.status() == 503);
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK(response.header("retry-after").has_value());
    CHECK(parseObject(response.body())->getValue<std::string>("error") == "store_unavailable");
    CHECK(ask(stack.http(), {.path = "/api/v1/ready"}).status() == 503);
    CHECK(ask(stack.http(), {.path = "/api/v1/health"}).status() == 200);
}

}  // namespace

TEST_CASE("without its MariaDB a batch is refused with 503, and served again when it is back", "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "1000"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.warm(ids);
    const bool crash = GENERATE(false, true);
    crash ? stack.mariadb().kill9() : stack.mariadb().stop();
    checkRefused(stack, ids);
    checkRefused(stack, ids);

    stack.mariadb().start();
    REQUIRE(stack.waitUntilReady(5s));
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(doneOf(response).cached == 3);
}

TEST_CASE("a MariaDB that answers nothing is a database that is away", "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "500"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.warm(ids);
    stack.mariadb().pause();
    const Clock::time_point asked = Clock::now();
    CHECK(ask(stack.http(), batchOf(ids)).status() == 503);
    CHECK(Clock::now() - asked < 3s);
    stack.mariadb().resume();
    REQUIRE(stack.waitUntilReady(5s));
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
}

TEST_CASE("what needs no database waits for none that hangs", "[store]") {
    // A call may take longer than any request here, so whoever waits for one is seen.
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "30000"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 50);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.mariadb().pause();
    std::vector<std::unique_ptr<HttpClient>> batches;
    for (int i = 0; i < 20; ++i) {
        batches.push_back(std::make_unique<HttpClient>(stack.http(), batchOf(ids)));
    }
    const auto answers = [&](const HttpRequest& request, int status) {
        INFO(request.path);
        const HttpResponse response = ask(stack.http(), request);  // within 20 s, or it throws
        CHECK(response.status() == status);
        return response;
    };
    answers({.path = "/api/v1/health"}, 200);
    answers({.path = "/nowhere"}, 404);
    answers({.method = "PUT", .path = "/api/v1/health"}, 405);
    answers({.method = "POST", .path = "/api/v1/movies/batch"}, 401);
    answers({.path = "/api/v1/movie/tt0113277", .headers = {{"X-API-Key", "nobody's"}}}, 401);
    CHECK_THAT(answers({.path = "/metrics"}, 200).body(), Catch::Contains("rtbatch_database_up 0"));
    answers({.path = "/api/v1/ready"}, 503);
    for (const auto& batch : batches) {
        CHECK_FALSE(batch->readUntil([](const HttpResponse& r) { return r.status() != 0; }, 0ms));
        batch->leave();
    }
    stack.mariadb().resume();
    REQUIRE(stack.waitUntilReady(20s));
    const std::vector<std::string> hit{ids[0]};
    checkWhole(ask(stack.http(), batchOf(hit)), hit);
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 1);  // nobody waits for the others any more
}

TEST_CASE("one call to a database that hangs is enough to know it", "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "2000"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.warm(ids);
    stack.mariadb().pause();
    CHECK(ask(stack.http(), batchOf(ids)).status() == 503);
    const Clock::time_point asked = Clock::now();
    for (int i = 0; i < 10; ++i) {
        CHECK(ask(stack.http(), batchOf(ids)).status() == 503);
    }
    CHECK(Clock::now() - asked < 5s);  // of 20
    stack.mariadb().resume();
    REQUIRE(stack.waitUntilReady(5s));
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
}

TEST_CASE("a handler stops in its time though its database hangs and much is queued", "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"handler.stop_timeout_s", "3"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 50);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.upstreams().setLatency(Site::rt, 600ms);
    std::vector<std::unique_ptr<HttpClient>> batches;
    for (int i = 0; i < 4; ++i) {
        batches.push_back(std::make_unique<HttpClient>(stack.http(), batchOf(ids)));
        REQUIRE(batches.back()->readUntil([](const HttpResponse& r) { return r.count("movie") >= 1; }, 10s));
    }
    stack.mariadb().pause();
    for (int i = 0; i < 10; ++i) {
        batches.push_back(std::make_unique<HttpClient>(stack.http(), batchOf(ids)));
    }
    const Clock::time_point asked = Clock::now();
    CHECK(stack.stopHandler(60s) == 0);
    CHECK(Clock::now() - asked < 8s);  // a connection that is being made takes its 5 s
    stack.mariadb().resume();
    stack.startHandler();
    REQUIRE(stack.waitUntilReady());
}

TEST_CASE("without its SQLite file a batch is refused with 503, and served when it is there", "[store]") {
    Stack stack({.migrate = false});
    const std::vector<std::string> ids = {madeUpMovie(1)};
    REQUIRE(eventually(5s, [&] { return ask(stack.http(), {.path = "/api/v1/health"}).status() == 200; }));
    checkRefused(stack, ids);
    stack.migrate();
    REQUIRE(stack.waitUntilReady(5s));
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
}

TEST_CASE("a stream waits for a MariaDB that goes away and comes back", "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"database.timeout_ms", "500"}}});
    std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.upstreams().setLatency(Site::wikidata, 600ms);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return r.count("movie") == 1; }, 5s));
    stack.mariadb().kill9();
    // Without it nobody knows how many requests are open, so no page is asked for.
    CHECK_FALSE(client.readUntil([](const HttpResponse& r) { return r.count("movie") == 2; }, 1500ms));
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);

    stack.mariadb().start();
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()) == Done{.total = 4, .cached = 1, .fetched = 3, .errors = 0, .stale = 0});
}

TEST_CASE("a MariaDB that stays away does not keep a stream from its end", "[store]") {
    Stack stack({.database = Database::mariadb,
                 .settings = {{"database.timeout_ms", "500"}, {"batch.timeout_s", "3"}}});
    std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.upstreams().setLatency(Site::wikidata, 600ms);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return r.count("movie") == 1; }, 5s));
    stack.mariadb().kill9();
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()) == Done{.total = 4, .cached = 1, .fetched = 0, .errors = 3, .stale = 0});
    CHECK(verdictOf(client.response(), ids[3]) == "error timeout");
}

TEST_CASE("many restarts of the database do no harm", "[store]") {
    Stack stack({.database = Database::mariadb});
    const std::vector<std::string> ids = madeUpMovies(1, 5);
    stack.warm(ids);
    for (int i = 0; i < 3; ++i) {
        stack.mariadb().restart();
        REQUIRE(stack.waitUntilReady(5s));
        for (int request = 0; request < 8; ++request) {  // more than there are connections
            CHECK(ask(stack.http(), batchOf(ids)).status() == 200);
        }
    }
}

TEST_CASE("a database that has become read-only serves hits and stale rows, and says so of all else",
          "[store]") {
    Stack stack({.database = Database::mariadb, .settings = {{"refresher.pages_per_day", "1"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.warm(std::vector<std::string>{ids[0], ids[1]});
    stack.expire(std::vector<std::string>{ids[1]});
    // As a host gives them: users who may not write where nobody may.
    stack.mariadb().sql(
        "REVOKE READ ONLY ADMIN, SUPER ON *.* FROM rtbatch@'%'; "
        "REVOKE READ ONLY ADMIN, SUPER ON *.* FROM rtbatch@localhost");
    stack.mariadb().restart();
    REQUIRE(stack.waitUntilReady(10s));
    stack.mariadb().sql("SET GLOBAL read_only = 1");

    for (int i = 0; i < 2; ++i) {
        HttpClient client(stack.http(), batchOf(ids));
        REQUIRE(client.readUntil([](const HttpResponse& r) { return r.count("done") == 1; }, 15s));
        checkWhole(client.readToEnd(), ids);
        CHECK(doneOf(client.response()) ==
              Done{.total = 4, .cached = 2, .fetched = 0, .errors = 2, .stale = 1});
        CHECK(verdictOf(client.response(), ids[2]) == "error scrape_failed");
        CHECK_THAT(client.response().body(), Catch::Contains("\"retryAfterS\":10"));
    }
    const HttpResponse ready = ask(stack.http(), {.path = "/api/v1/ready"});
    CHECK(ready.status() == 503);
    CHECK_THAT(ready.body(), Catch::Contains("cannot be written"));
    CHECK(ask(stack.http(), {.path = "/api/v1/health"}).status() == 200);

    stack.mariadb().sql("SET GLOBAL read_only = 0");
    REQUIRE(stack.waitUntilReady(10s));
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(doneOf(response).fetched == 3);
}

TEST_CASE("a page that comes while its MariaDB is away is stored when that is back", "[store]") {
    Stack stack({.database = Database::mariadb});
    const std::vector<std::string> ids = {madeUpMovie(1)};
    stack.upstreams().setLatency(Site::rt, 1s);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(eventually(10s, [&] { return stack.upstreams().counts(Site::rt).requests == 1; }));
    stack.mariadb().kill9();
    REQUIRE(eventually(10s, [&] { return stack.upstreams().counts(Site::rt).open == 0; }));
    // Its reader takes its time, then the row is to be written.
    CHECK_FALSE(client.readUntil([](const HttpResponse& r) { return r.count("done") == 1; }, 1s));
    stack.mariadb().start();
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()).fetched == 1);
    CHECK(eventually(10s, [&] { return stack.mariadb().sql("SELECT COUNT(*) FROM rt_cache") == "1\n"; }));
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
}
