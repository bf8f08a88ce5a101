// Several handler processes of one host, and what they may only do together.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "tests/e2e/batch_view.h"
#include "tests/support/deployment.h"
#include "tests/support/eventually.h"
#include "tests/support/process_info.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// Four processes with a socket each: nginx gives a new stream to the one that has fewest open, and takes
/// turns among equals, so that a test knows that all of them are in it.
const std::vector<int> kFourSockets{1, 1, 1, 1};

bool commentCame(const HttpResponse& response) {
    return !response.comments().empty();
}

std::int64_t wallClock() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::optional<int> retryAfterOf(const HttpResponse& response, const std::string& imdbId) {
    const auto fields = outcomeOf(response, imdbId).fields;
    return fields->isNull("retryAfterS") ? std::nullopt : std::optional(fields->getValue<int>("retryAfterS"));
}

/// What a movie that could not be fetched is told while a site is left alone.
void checkSentAway(const HttpResponse& response, const std::string& imdbId) {
    CHECK(verdictOf(response, imdbId) == "error scrape_failed");
    const std::optional<int> retryAfter = retryAfterOf(response, imdbId);
    CHECK(retryAfter.value_or(0) >= 1);
    CHECK(retryAfter.value_or(0) <= 3);
}

/// No request came at this site between two moments.
void checkSilence(UpstreamControl& upstreams, Site site, std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> early;  // how far into the silence each came
    for (const std::int64_t arrival : upstreams.arrivals(site)) {
        if (arrival > from && arrival < to) {
            early.push_back(arrival - from);
        }
    }
    INFO("a silence of " << to - from << " ms");
    CHECK_THAT(early, Catch::Equals(std::vector<std::int64_t>{}));
}

}  // namespace

TEST_CASE("of several handlers on one socket a killed one tears its streams, and comes back", "[processes]") {
    Deployment deployment({.settings = {{"rt.timeout_s", "4"}, {"wikidata.timeout_s", "4"}}});
    deployment.upstreams().setLatency(Site::rt, 1500ms);
    const std::vector<std::string> ids = madeUpMovies(1, 2);
    std::vector<HttpClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(deployment.http(), batchOf(ids));
        REQUIRE(clients.back().readUntil(commentCame, 5s));
    }
    const std::vector<pid_t> before = deployment.group(0).processes();
    const pid_t victim = *std::ranges::max_element(before, {}, openDescriptors);  // has streams for sure
    ::kill(victim, SIGKILL);
    readAllToEnd(clients, 40s);

    int torn = 0;
    for (const HttpClient& client : clients) {
        if (client.response().torn()) {
            ++torn;
            CHECK(client.response().count("done") == 0);
        } else {
            checkWhole(client.response(), ids);
        }
    }
    CHECK(torn >= 1);
    CHECK(eventually(10s, [&] { return deployment.group(0).processes().size() == 4; }));
    CHECK(std::ranges::count(deployment.group(0).processes(), victim) == 0);
    checkWhole(ask(deployment.http(), batchOf(ids)), ids);
}

TEST_CASE("SIGTERM to what watches the handlers lets open streams come to their end", "[processes]") {
    Deployment deployment;
    deployment.upstreams().setLatency(Site::rt, 600ms);
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    std::vector<HttpClient> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(deployment.http(), batchOf(ids));
        REQUIRE(clients.back().readUntil(commentCame, 5s));
    }
    deployment.group(0).supervisor().signal(SIGTERM);
    readAllToEnd(clients, 20s);
    for (const HttpClient& client : clients) {
        checkWhole(client.response(), ids);
        CHECK(doneOf(client.response()).errors == 0);
    }
    CHECK(deployment.group(0).supervisor().wait(5s) == 0);
    CHECK(ask(deployment.http(), batchOf(ids)).status() == 503);
}

TEST_CASE("handlers that cannot start end what watches them, so that its supervisor sees it", "[processes]") {
    const TempDir dir;
    try {
        HandlerGroup group({.processes = 2,
                            .address = "unix:" + dir.file("handler.sock"),
                            .env = {{"RTBATCH_HANDLER_WORKERS", "none"}},
                            .log = dir.file("log")});
        CHECK(group.supervisor().wait(20s).has_value());
    } catch (const std::runtime_error& error) {
        CHECK_THAT(error.what(), Catch::Contains("RTBATCH_HANDLER_WORKERS is 'none'"));
    }
}

TEST_CASE("100 batches over 4 processes for the same 30 misses are 30 page requests", "[processes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Deployment deployment({.groups = kFourSockets, .database = database});
    deployment.upstreams().setLatency(Site::wikidata, 200ms);
    deployment.upstreams().setLatency(Site::rt, 100ms);
    const std::vector<std::string> ids = madeUpMovies(1, 30);
    std::vector<HttpClient> clients;
    clients.reserve(100);
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(deployment.http(), batchOf(ids));
    }
    readAllToEnd(clients, 60s);
    for (const HttpClient& client : clients) {
        checkWhole(client.response(), ids);
        CHECK(client.response().count("movie") == 30);
    }
    CHECK(deployment.upstreams().counts(Site::rt).requests == 30);
    CHECK(deployment.upstreams().counts(Site::rt).mostOpen == 2);
    CHECK(deployment.upstreams().counts(Site::wikidata).mostOpen <= 5);
}

TEST_CASE("a batch of 1 does not wait for a batch of 50 in another process", "[processes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Deployment deployment({.groups = {1, 1}, .database = database});
    UpstreamControl& upstreams = deployment.upstreams();
    upstreams.setLatency(Site::rt, 300ms);
    const std::vector<std::string> many = madeUpMovies(1, 50);
    const std::vector<std::string> one = {madeUpMovie(1000)};
    HttpClient large(deployment.http(), batchOf(many));
    REQUIRE(large.readUntil([](const HttpResponse& r) { return r.count("movie") >= 2; }, 10s));

    const int before = upstreams.counts(Site::rt).requests;
    HttpClient small(deployment.http(), batchOf(one));
    small.readToEnd();
    const int meanwhile = upstreams.counts(Site::rt).requests - before;
    checkWhole(small.response(), one);
    CHECK(doneOf(small.response()).fetched == 1);
    CHECK(meanwhile <= 4);  // its own among them
    checkWhole(large.readToEnd(60s), many);
    CHECK(upstreams.counts(Site::rt).mostOpen == 2);
}

TEST_CASE("after 429 from Rotten Tomatoes no process asks it for as long as it said", "[processes]") {
    constexpr auto kLatency = 200ms;
    Deployment deployment({.groups = kFourSockets, .settings = {{"cache.memory_mb", "0"}}});
    UpstreamControl& upstreams = deployment.upstreams();
    const std::vector<std::string> old = madeUpMovies(5000, 2);
    fetchAll(deployment.http(), old);
    deployment.mariadb().sql(expiryOf(old));
    upstreams.setLatency(Site::rt, kLatency);

    const std::vector<std::string> busy = madeUpMovies(1, 20);
    HttpClient running(deployment.http(), batchOf(busy));  // keeps one process asking
    REQUIRE(running.readUntil([](const HttpResponse& r) { return r.count("movie") >= 2; }, 10s));
    const std::vector<std::string> unlucky = {madeUpMovie(3000)};
    upstreams.setFault(unlucky.front(), "429", 3s);
    const std::int64_t asked = wallClock();
    const HttpResponse refused = ask(deployment.http(), batchOf(unlucky));
    const std::int64_t told = wallClock();
    const std::int64_t until =
        asked + kLatency.count() + 3000;  // not before: the answer came so late at least
    checkWhole(refused, unlucky);
    checkSentAway(refused, unlucky.front());
    upstreams.clearFaults();

    for (int i = 0; i < 8; ++i) {  // each process twice
        const std::vector<std::string> ids = {old[0], old[1], madeUpMovie(4000 + i)};
        const HttpResponse response = ask(deployment.http(), batchOf(ids));
        checkWhole(response, ids);
        CHECK(verdictOf(response, ids[0]) == "movie stale");
        CHECK(verdictOf(response, ids[1]) == "movie stale");
        checkSentAway(response, ids[2]);
    }
    CHECK(wallClock() < until);  // at once, not after the pause

    checkWhole(running.readToEnd(30s), busy);
    const std::vector<std::string> later = {madeUpMovie(4000)};
    CHECK(eventually(15s, [&] {
        return verdictOf(ask(deployment.http(), batchOf(later)), later.front()) == "movie fetched";
    }));
    checkSilence(upstreams, Site::rt, told, until);
}

TEST_CASE("after 429 from Wikidata no process asks it for as long as it said, and known ids are fetched",
          "[processes]") {
    constexpr auto kLatency = 200ms;
    Deployment deployment({.groups = kFourSockets, .settings = {{"cache.memory_mb", "0"}}});
    UpstreamControl& upstreams = deployment.upstreams();
    const std::vector<std::string> old = madeUpMovies(5000, 8);
    fetchAll(deployment.http(), old);
    deployment.mariadb().sql(expiryOf(old));
    upstreams.setLatency(Site::wikidata, kLatency);

    const std::vector<std::string> unlucky = {madeUpMovie(3000)};
    upstreams.setFault(Site::wikidata, "429", 3s);
    const std::int64_t asked = wallClock();
    const HttpResponse refused = ask(deployment.http(), batchOf(unlucky));
    const std::int64_t told = wallClock();
    const std::int64_t until = asked + kLatency.count() + 3000;
    checkWhole(refused, unlucky);
    checkSentAway(refused, unlucky.front());
    upstreams.clearFaults();

    for (std::size_t i = 0; i < 8; ++i) {  // each process twice
        const std::vector<std::string> ids = {old[i], madeUpMovie(4000 + static_cast<int>(i))};
        const HttpResponse response = ask(deployment.http(), batchOf(ids));
        checkWhole(response, ids);
        CHECK(verdictOf(response, ids[0]) == "movie fetched");  // its page is known, and its site is well
        checkSentAway(response, ids[1]);
    }
    CHECK(wallClock() < until);

    const std::vector<std::string> later = {madeUpMovie(4000)};
    CHECK(eventually(15s, [&] {
        return verdictOf(ask(deployment.http(), batchOf(later)), later.front()) == "movie fetched";
    }));
    checkSilence(upstreams, Site::wikidata, told, until);
}
