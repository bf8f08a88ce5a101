// How the handler stops, by request and by force.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

bool commentCame(const HttpResponse& response) {
    return !response.comments().empty();
}

}  // namespace

TEST_CASE("a stream whose handler is killed breaks off and does not end", "[stopping]") {
    const bool tls = GENERATE(false, true);
    Stack stack({.tls = tls});
    const std::vector<std::string> ids = madeUpMovies(1, 6);
    stack.warm(std::vector<std::string>{ids[0]});
    stack.upstreams().setLatency(Site::rt, 5s);
    HttpClient client(tls ? stack.https() : stack.http(), batchOf(ids));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return r.count("movie") == 1; }, 5s));

    stack.handler().signal(SIGKILL);
    stack.handler().wait(5s);
    client.readToEnd(5s);
    CHECK(client.response().torn());
    CHECK(client.response().count("done") == 0);
}

TEST_CASE("without a handler nginx says 503 as a problem, until there is one again", "[stopping]") {
    Stack stack;
    const std::vector<std::string> ids = {madeUpMovie(1)};
    stack.handler().signal(SIGKILL);
    stack.handler().wait(5s);
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    CHECK(response.status() == 503);
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK(response.header("retry-after").has_value());
    CHECK(parseObject(response.body())->getValue<std::string>("error") == "unavailable");

    // What the killed one left behind is no obstacle.
    stack.startHandler();
    REQUIRE(stack.waitUntilReady(5s));
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
}

TEST_CASE("an idle handler stops within 200 ms and exits 0", "[stopping]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 2);
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
    const Clock::time_point asked = Clock::now();
    CHECK(stack.stopHandler(5s) == 0);
    CHECK(Clock::now() - asked < 200ms);
}

TEST_CASE("after SIGTERM open streams are finished, new ones refused, and the exit status is 0",
          "[stopping]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.upstreams().setLatency(Site::rt, 600ms);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil(commentCame, 5s));

    stack.handler().signal(SIGTERM);
    CHECK(eventually(1s, [&] { return ask(stack.http(), {.path = "/api/v1/health"}).status() == 503; }));
    CHECK(stack.handler().running());
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()).fetched == 4);
    CHECK(stack.handler().wait(1s) == 0);
}

TEST_CASE("what is still open after the stop timeout is torn, and the exit status is 0", "[stopping]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = {{"handler.stop_timeout_s", "1"}}});
    stack.upstreams().setLatency(Site::rt, 10s);
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil(commentCame, 5s));

    const Clock::time_point asked = Clock::now();
    CHECK(stack.stopHandler(10s) == 0);
    const auto took = Clock::now() - asked;
    CHECK(took > 900ms);
    CHECK(took < 2s);
    client.readToEnd(2s);
    CHECK(client.response().torn());
    CHECK(client.response().count("done") == 0);
}

TEST_CASE("SIGHUP reads the keys again, says so in the log, and tears no stream", "[stopping]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.upstreams().setLatency(Site::rt, 600ms);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil(commentCame, 5s));

    stack.handler().signal(SIGHUP);
    CHECK(eventually(
        5s, [&] { return stack.handlerLog().find("SIGHUP: the keys are read again") != std::string::npos; }));
    checkWhole(client.readToEnd(), ids);
    CHECK(doneOf(client.response()).fetched == 4);
    CHECK(stack.handler().running());
}

TEST_CASE("SIGHUP does not hurry a handler that stops", "[stopping]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.upstreams().setLatency(Site::rt, 600ms);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil(commentCame, 5s));
    stack.handler().signal(SIGTERM);
    REQUIRE(eventually(1s, [&] { return ask(stack.http(), {.path = "/api/v1/health"}).status() == 503; }));
    stack.handler().signal(SIGHUP);
    checkWhole(client.readToEnd(), ids);
    CHECK(stack.handler().wait(2s) == 0);
}

TEST_CASE("a second SIGTERM, and a SIGINT, stop it just as well", "[stopping]") {
    Stack stack;
    stack.handler().signal(SIGINT);
    stack.handler().signal(SIGTERM);
    CHECK(stack.handler().wait(2s) == 0);
}
