// The clocks of a stream: its deadline and its heartbeat.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/batch_view.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE("at the deadline what is open becomes stale or timeout, and done follows", "[deadline]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = {{"batch.timeout_s", "1"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    stack.warm(std::vector<std::string>{ids[0], ids[1]});
    stack.expire(std::vector<std::string>{ids[1]});
    const Site slow = GENERATE(Site::wikidata, Site::rt);
    stack.upstreams().setLatency(slow, 3s);

    HttpClient client(stack.http(), batchOf(ids));
    const HttpResponse& response = client.readToEnd();
    checkWhole(response, ids);
    CHECK(verdictOf(response, ids[0]) == "movie cached");
    // The old row knows its page, and needs no Wikidata.
    CHECK(verdictOf(response, ids[1]) == (slow == Site::rt ? "movie stale" : "movie fetched"));
    CHECK(verdictOf(response, ids[2]) == "error timeout");
    CHECK(verdictOf(response, ids[3]) == "error timeout");
    const auto took = *response.endAt() - client.sentAt();
    CHECK(took >= 950ms);
    CHECK(took < 1500ms);
}

TEST_CASE("what is fetched after the deadline is stored all the same", "[deadline]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = {{"batch.timeout_s", "0.5"}}});
    const std::vector<std::string> ids = {madeUpMovie(1)};
    stack.upstreams().setLatency(Site::rt, 1s);
    CHECK(verdictOf(ask(stack.http(), batchOf(ids)), ids[0]) == "error timeout");
    std::this_thread::sleep_for(700ms);  // the page comes 500 ms after that
    CHECK(verdictOf(ask(stack.http(), batchOf(ids)), ids[0]) == "movie cached");
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
}

TEST_CASE("a silent stream carries a comment line, and nothing else, as heartbeat", "[deadline]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = {{"batch.heartbeat_s", "0.4"}}});
    stack.upstreams().setLatency(Site::wikidata, 1500ms);
    const std::vector<std::string> ids = {madeUpMovie(1)};

    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return r.comments().size() == 4; }, 3s));
    CHECK(client.response().body() == ":\n:\n:\n:\n");
    const auto& comments = client.response().comments();
    CHECK(comments[0] - client.sentAt() < 200ms);  // the first goes out with the head
    for (std::size_t i = 1; i < comments.size(); ++i) {
        CHECK(comments[i] - comments[i - 1] > 300ms);
        CHECK(comments[i] - comments[i - 1] < 650ms);
    }
    checkWhole(client.readToEnd(), ids);
}

TEST_CASE("events keep the heartbeat away", "[deadline]") {
    Stack stack({.settings = {{"batch.heartbeat_s", "1"}}});
    stack.upstreams().setLatency(Site::rt, 300ms);
    const std::vector<std::string> ids = madeUpMovies(1, 8);  // pairs, every 300 ms
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(response.comments().size() == 1);
}
