// Two hosts behind the shipped upstream of nginx.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/deployment.h"
#include "tests/support/eventually.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

bool noSecondHost() {
    const std::string obstacle = SecondHost::obstacle();
    if (!obstacle.empty()) {
        WARN("not tested: " << obstacle);
    }
    return !obstacle.empty();
}

bool commentCame(const HttpResponse& response) {
    return !response.comments().empty();
}

std::vector<HttpClient> openStreams(Deployment& deployment, int count, const std::vector<std::string>& ids) {
    std::vector<HttpClient> clients;
    for (int i = 0; i < count; ++i) {
        clients.emplace_back(deployment.http(), batchOf(ids));
        REQUIRE(clients.back().readUntil(commentCame, 5s));
    }
    return clients;
}

}  // namespace

TEST_CASE("a second host reads what the first has stored, and each serves without the other", "[hosts]") {
    if (noSecondHost()) {
        return;
    }
    Deployment deployment({.groups = {2}, .secondHost = true});
    const std::vector<std::string> ids = madeUpMovies(1, 10);
    fetchAll(deployment.http(), ids);

    CHECK(deployment.remote().stop() == 0);
    for (int i = 0; i < 40; ++i) {
        checkWhole(ask(deployment.http(), batchOf(ids)), ids);
    }
    deployment.remote().start();
    CHECK(deployment.group(0).stop() == 0);
    // nginx passes over the host that was down for five seconds more.
    CHECK(eventually(15s, [&] { return isReady(deployment.http()); }));
    for (int i = 0; i < 40; ++i) {
        const HttpResponse response = ask(deployment.http(), batchOf(ids));
        checkWhole(response, ids);
        CHECK(doneOf(response).cached == 10);
    }
}

TEST_CASE("a host that dies tears its streams and no others", "[hosts]") {
    if (noSecondHost()) {
        return;
    }
    Deployment deployment({.groups = {1},
                           .secondHost = true,
                           .settings = {{"rt.timeout_s", "4"}, {"wikidata.timeout_s", "4"}}});
    deployment.upstreams().setLatency(Site::rt, 1500ms);
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    std::vector<HttpClient> clients = openStreams(deployment, 10, ids);
    deployment.remote().killAll();
    readAllToEnd(clients, 40s);

    // nginx gives a new stream to the host that has fewer open.
    const auto torn = std::ranges::count_if(clients, [](const auto& c) { return c.response().torn(); });
    CHECK(torn == 5);
    for (const HttpClient& client : clients) {
        if (client.response().torn()) {
            CHECK(client.response().count("done") == 0);
        } else {
            checkWhole(client.response(), ids);
            CHECK(doneOf(client.response()).errors == 0);
        }
    }
    checkWhole(ask(deployment.http(), batchOf(ids)), ids);
}

TEST_CASE("a host that vanishes without a word costs new requests nothing, and tears its streams in the end",
          "[hosts]") {
    if (noSecondHost()) {
        return;
    }
    Deployment deployment({.groups = {1},
                           .secondHost = true,
                           .settings = {{"rt.timeout_s", "55"}, {"handler.stop_timeout_s", "1"}}});
    const std::vector<std::string> known = madeUpMovies(1000, 5);
    fetchAll(deployment.http(), known);
    deployment.upstreams().setLatency(Site::rt, 50s);
    std::vector<HttpClient> clients = openStreams(deployment, 6, madeUpMovies(1, 2));

    deployment.secondHost().unplug();
    const auto unplugged = Clock::now();
    for (int i = 0; i < 20; ++i) {
        checkWhole(ask(deployment.http(), batchOf(known)), known);
    }
    CHECK(Clock::now() - unplugged < 20s);

    // Its streams lack their heartbeats; the others have theirs.
    const auto torn = [&] {
        for (HttpClient& client : clients) {
            client.readUntil([](const HttpResponse&) { return false; }, 10ms);
        }
        return std::ranges::count_if(clients, [](const auto& c) { return c.response().torn(); });
    };
    CHECK(eventually(45s, [&] { return torn() == 3; }));
    CHECK(std::ranges::none_of(clients, [](const auto& c) { return c.response().complete(); }));
    CHECK(torn() == 3);
    deployment.secondHost().plugIn();
}
