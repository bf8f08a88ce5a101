// What the upstreams see of us.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE("30 misses are one Wikidata request, and known ids are none", "[politeness]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 30);
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 1);
    CHECK(stack.upstreams().counts(Site::rt).requests == 30);

    stack.sql("DELETE FROM rt_cache");
    const HttpResponse again = ask(stack.http(), batchOf(ids));
    checkWhole(again, ids);
    CHECK(doneOf(again).fetched == 30);
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 1);
    CHECK(stack.upstreams().counts(Site::rt).requests == 60);
}

TEST_CASE("never are more than 5 and 2 requests open, however many batches wait", "[politeness]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().setLatency(Site::wikidata, 150ms);
    stack.upstreams().setLatency(Site::rt, 20ms);
    std::vector<std::vector<std::string>> batches;
    std::vector<HttpClient> clients;
    clients.reserve(20);
    for (int batch = 0; batch < 20; ++batch) {
        batches.push_back(madeUpMovies(1 + batch * 100, 5));
        clients.emplace_back(stack.http(), batchOf(batches.back()));
    }
    readAllToEnd(clients, 20s);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        checkWhole(clients[i].response(), batches[i]);
    }
    CHECK(stack.upstreams().counts(Site::rt).requests == 100);
    CHECK(stack.upstreams().counts(Site::rt).mostOpen == 2);
    CHECK(stack.upstreams().counts(Site::wikidata).mostOpen <= 5);
}

TEST_CASE("10 batches at once for the same 5 misses are 5 page requests and 10 complete streams",
          "[politeness]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().setLatency(Site::wikidata, 200ms);
    stack.upstreams().setLatency(Site::rt, 50ms);
    const std::vector<std::string> ids = madeUpMovies(1, 5);
    std::vector<HttpClient> clients;
    clients.reserve(10);
    for (int i = 0; i < 10; ++i) {
        clients.emplace_back(stack.http(), batchOf(ids));
    }
    readAllToEnd(clients, 20s);
    for (const HttpClient& client : clients) {
        checkWhole(client.response(), ids);
        CHECK(doneOf(client.response()).errors == 0);
    }
    CHECK(stack.upstreams().counts(Site::rt).requests == 5);
    CHECK(stack.upstreams().counts(Site::wikidata).requests <= 2);
}

TEST_CASE("a batch of 1 does not wait for all of a batch of 50", "[politeness]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().setLatency(Site::rt, 60ms);  // the 50 take 1.5 s
    const std::vector<std::string> many = madeUpMovies(1, 50);
    const std::vector<std::string> one = madeUpMovies(1000, 1);
    std::vector<HttpClient> clients;
    clients.emplace_back(stack.http(), batchOf(many));
    REQUIRE(clients[0].readUntil([](const HttpResponse& r) { return r.count("movie") >= 2; }, 10s));
    clients.emplace_back(stack.http(), batchOf(one));
    readAllToEnd(clients, 20s);
    const HttpResponse& large = clients[0].response();
    const HttpResponse& small = clients[1].response();
    checkWhole(large, many);
    checkWhole(small, one);

    const auto before = std::ranges::count_if(
        large.events(), [&](const SseEvent& event) { return event.at < *small.endAt(); });
    CHECK(before < 15);
}

TEST_CASE(
    "after a client has left, the pages already open are finished and stored, and no other is asked for",
    "[politeness]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().setLatency(Site::rt, 700ms);
    const std::vector<std::string> ids = madeUpMovies(1, 10);
    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(eventually(5s, [&] { return stack.upstreams().counts(Site::rt).open == 2; }));
    client.leave();

    REQUIRE(eventually(5s, [&] { return stack.upstreams().counts(Site::rt).open == 0; }));
    std::this_thread::sleep_for(300ms);  // that nothing follows can only be waited for
    CHECK(stack.upstreams().counts(Site::rt).requests == 2);
    CHECK(stack.upstreams().counts(Site::rt).aborts == 0);

    stack.upstreams().setLatency(Site::rt, 0ms);
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(doneOf(response) == Done{.total = 10, .cached = 2, .fetched = 8, .errors = 0, .stale = 0});
}

TEST_CASE("a client that leaves takes nothing from those who wait for the same movies", "[politeness]") {
    Stack stack;
    stack.upstreams().setLatency(Site::rt, 100ms);
    const std::vector<std::string> ids = madeUpMovies(1, 8);
    HttpClient leaver(stack.http(), batchOf(ids));
    HttpClient stayer(stack.http(), batchOf(ids));
    REQUIRE(stayer.readUntil([](const HttpResponse& r) { return r.count("movie") >= 1; }, 5s));
    leaver.leave();
    checkWhole(stayer.readToEnd(), ids);
    CHECK(doneOf(stayer.response()).fetched == 8);
    CHECK(stack.upstreams().counts(Site::rt).requests == 8);
}
