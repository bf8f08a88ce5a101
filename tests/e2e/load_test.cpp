// Many streams at once, and too many.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/process_info.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

bool commentCame(const HttpResponse& response) {
    return !response.comments().empty() || response.complete();
}

auto withStatus(int status) {
    return [status](const HttpClient& client) { return client.response().status() == status; };
}

}  // namespace

TEST_CASE("2,000 streams that wait on slow pages all end with done, in under 25 kB each", "[load]") {
    constexpr std::size_t kStreams = 2000;
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 4);
    std::vector<HttpClient> clients;
    clients.reserve(kStreams);
    // The threads' and allocator's first use is not the streams'.
    checkWhole(ask(stack.http(), batchOf(madeUpMovies(1000, 4))), madeUpMovies(1000, 4));
    stack.upstreams().setLatency(Site::rt, 4s);

    const std::size_t before = residentBytes(stack.handler().pid());
    for (std::size_t i = 0; i < kStreams; ++i) {
        clients.emplace_back(stack.http(), batchOf(ids));
    }
    for (HttpClient& client : clients) {
        REQUIRE(client.readUntil(commentCame, 10s));
    }
    const std::size_t open = residentBytes(stack.handler().pid());
    CHECK(std::ranges::none_of(clients, [](const HttpClient& client) { return client.response().closed(); }));
    const std::size_t each = (open - std::min(open, before)) / kStreams;
    WARN("handler memory for each of 2,000 open streams on " << database << ": " << each << " bytes");
#ifndef RTBATCH_SANITIZED
    CHECK(each < 25000);
#endif

    readAllToEnd(clients, 30s);
    std::size_t whole = 0;
    for (const HttpClient& client : clients) {
        const HttpResponse& response = client.response();
        whole += response.complete() && response.count("movie") == 4 && !wireFault(response.body()) ? 1 : 0;
    }
    CHECK(whole == kStreams);
    checkWhole(clients.front().response(), ids);
    checkWhole(clients.back().response(), ids);
    CHECK(stack.upstreams().counts(Site::rt).requests == 8);
}

TEST_CASE("more streams than handler.max_streams are refused with 503, and the others served", "[load]") {
    Stack stack({.settings = {{"handler.max_streams", "10"}}});
    stack.upstreams().setLatency(Site::rt, 1s);
    const std::vector<std::string> ids = madeUpMovies(1, 2);
    std::vector<HttpClient> clients;
    clients.reserve(30);
    for (int i = 0; i < 30; ++i) {
        clients.emplace_back(stack.http(), batchOf(ids));
    }
    readAllToEnd(clients, 20s);
    // The connection of the request that said "ready" may still be closing, and takes a place until then.
    const auto served = std::ranges::count_if(clients, withStatus(200));
    CHECK((served == 10 || served == 9));
    CHECK(std::ranges::count_if(clients, withStatus(503)) == std::ssize(clients) - served);
    for (const HttpClient& client : clients) {
        CHECK(client.response().complete());
        CHECK((client.response().status() == 200 || client.response().header("retry-after").has_value()));
    }
    CHECK(ask(stack.http(), batchOf(ids)).status() == 200);
}

TEST_CASE("a burst of 1,500 requests on a handler that stands still waits and is served", "[load]") {
    Stack stack;
    stack.handler().signal(SIGSTOP);
    std::vector<HttpClient> clients;
    clients.reserve(1500);
    for (int i = 0; i < 1500; ++i) {
        clients.emplace_back(stack.http(), HttpRequest{.path = "/api/v1/health"});
    }
    stack.handler().signal(SIGCONT);
    readAllToEnd(clients, 20s);
    CHECK(std::ranges::count_if(clients, withStatus(200)) == 1500);
}

TEST_CASE("a handler without free descriptors neither spins nor falls, and recovers", "[load]") {
    Stack stack({.handlerMaxFiles = 80});
    stack.upstreams().setLatency(Site::rt, 8s);
    const std::vector<std::string> ids = madeUpMovies(1, 1);
    std::vector<HttpClient> clients;
    clients.reserve(150);
    for (int i = 0; i < 150; ++i) {
        clients.emplace_back(stack.http(), batchOf(ids));
    }
    CHECK(eventually(5s, [&] { return openDescriptors(stack.handler().pid()) >= 70; }));
    std::this_thread::sleep_for(200ms);

    const auto before = cpuTime(stack.handler().pid());
    std::this_thread::sleep_for(1s);
    CHECK(cpuTime(stack.handler().pid()) - before < 200ms);
    CHECK(stack.handler().running());

    for (HttpClient& client : clients) {
        client.leave();
    }
    stack.upstreams().setLatency(Site::rt, 0ms);
    CHECK(stack.waitUntilReady(5s));
    const std::vector<std::string> others = madeUpMovies(100, 3);
    checkWhole(ask(stack.http(), batchOf(others)), others);
}

TEST_CASE("slow clients hold up nobody", "[load]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 50);
    stack.warm(ids);
    std::vector<HttpClient> slow;  // they ask and read nothing
    slow.reserve(200);
    for (int i = 0; i < 200; ++i) {
        slow.emplace_back(stack.http(), batchOf(ids));
    }
    HttpClient quick(stack.http(), batchOf(ids));
    checkWhole(quick.readToEnd(), ids);
    CHECK(*quick.response().endAt() - quick.sentAt() < 3s);
    readAllToEnd(slow, 20s);
    CHECK(std::ranges::all_of(slow,
                              [](const HttpClient& client) { return client.response().count("done") == 1; }));
}
