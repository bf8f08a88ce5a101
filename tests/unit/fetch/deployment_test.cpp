// Several processes that fetch, on one database: flights, failures and takeovers across them.
#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "tests/support/child.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fetching.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

namespace {

constexpr auto kSoon = 20s;  // only a broken fetcher takes so long

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1000000 + number));
}
std::string slug(int number) {
    return "m/film_" + std::to_string(number);
}

/// Counts what landed, and keeps the last failure.
class Batch : public FlightListener {
public:
    void landed(const ImdbId& /*id*/, const std::shared_ptr<const FlightResult>& result) override {
        const std::scoped_lock lock(_mutex);
        ++_landed;
        if (const auto* failed = std::get_if<FetchFailed>(result.get())) {
            _failure = *failed;
        } else if (std::holds_alternative<Fetched>(*result)) {
            ++_fetched;
        }
    }
    bool waitFor(int landings) const {
        return eventually(kSoon, [&] { return counts().first == landings; });
    }
    std::pair<int, int> counts() const {  // landed, fetched
        const std::scoped_lock lock(_mutex);
        return {_landed, _fetched};
    }
    FetchFailed failure() const {
        const std::scoped_lock lock(_mutex);
        return _failure;
    }

private:
    mutable std::mutex _mutex;
    int _landed = 0;
    int _fetched = 0;
    FetchFailed _failure{"none"};
};

struct Fixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;
    FetcherOptions options;
    std::list<Fetching> processes;

    Fixture() {
        migrate(storeOptions);
        for (int i = 0; i < 60; ++i) {
            upstreams.setId(id(i).string(), slug(i));
            upstreams.setPage(slug(i), "Film " + std::to_string(i));
        }
    }
    /// `owner`: of another host, unless said.
    Fetching& start(const std::string& owner) {
        Fetching& process = processes.emplace_back(storeOptions, upstreams, Owner::parse(owner));
        process.options = options;
        process.start();
        return process;
    }
    std::shared_ptr<Batch> want(Fetching& process, int from, int to) {
        auto batch = std::make_shared<Batch>();
        std::vector<Wanted> movies;
        for (int i = from; i <= to; ++i) {
            movies.push_back({id(i)});
        }
        process.fetcher->want(batch, Priority::people, movies);
        return batch;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a movie that several processes want at once is fetched by one of them") {
    upstreams.holdPages();
    std::vector<std::shared_ptr<Batch>> batches;
    for (const std::string name : {"a", "b", "c"}) {
        batches.push_back(want(start(name + "/1/1:1:1"), 1, 10));
    }
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    upstreams.letPagesGo();
    for (const auto& batch : batches) {
        REQUIRE(batch->waitFor(10));
        CHECK(batch->counts().second == 10);
    }
    CHECK(upstreams.pages().size() == 10);
    CHECK(upstreams.mostOpenPages() == 2);
    std::size_t asked = 0;
    for (const auto& query : upstreams.queries()) {
        asked += query.size();
    }
    CHECK(asked == 10);  // each id of one process only
}

TEST_CASE_METHOD(Fixture,
                 "who waits for another process's flight learns how it failed, and does not try as well") {
    upstreams.failPage(slug(1), {Kind::broken, "Rotten Tomatoes answered 500", std::nullopt});
    upstreams.holdPages();
    const auto first = want(start("a/1/1:1:1"), 1, 1);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 1; }));
    const auto second = want(start("b/1/1:1:1"), 1, 2);
    // It has found the first under way elsewhere when it has the second's page open.
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    upstreams.letPagesGo();
    REQUIRE(first->waitFor(1));
    REQUIRE(second->waitFor(2));
    CHECK(second->failure().message == "Rotten Tomatoes answered 500");
    CHECK(upstreams.pages().size() == 2);
}

TEST_CASE_METHOD(Fixture,
                 "a movie whose page is unreadable is left alone by all processes, longer each time") {
    options.failureHoldOff = 600s;
    upstreams.setPage(slug(1), "unreadable");
    Fetching& a = start("a/1/1:1:1");
    REQUIRE(want(a, 1, 1)->waitFor(1));
    const auto again = want(start("b/1/1:1:1"), 1, 1);
    REQUIRE(again->waitFor(1));
    CHECK_THAT(again->failure().message, Catch::Contains("could not be read"));
    CHECK(again->failure().retryAfter > 590s);
    CHECK(upstreams.pages().size() == 1);

    const auto holdOff = [&] {
        const ImdbId wanted = id(1);
        const auto failures = a.store.findFailures({&wanted, 1});
        return failures.empty() ? 0ms : failures[0].retryAt - failures[0].failedAt;
    };
    CHECK(holdOff() == 600s);
    const KnownFailure failure{id(1), "unreadable", now(), {}};
    a.store.saveFailure(failure, 600s);
    CHECK(holdOff() == 1200s);
    a.store.saveFailure(failure, 0ms);  // the site's fault, not the movie's
    CHECK(holdOff() == 1200s);
    for (int i = 0; i < 20; ++i) {
        a.store.saveFailure(failure, 600s);
    }
    CHECK(holdOff() == 24h);
}

TEST_CASE_METHOD(Fixture, "a movie that succeeds is not remembered as failing any more") {
    options.failureHoldOff = 1ms;
    upstreams.setPage(slug(1), "unreadable");
    Fetching& a = start("a/1/1:1:1");
    REQUIRE(want(a, 1, 1)->waitFor(1));
    upstreams.setPage(slug(1), "Film 1");
    std::this_thread::sleep_for(5ms);
    const auto again = want(a, 1, 1);
    REQUIRE(again->waitFor(1));
    CHECK(again->counts().second == 1);
    const ImdbId wanted = id(1);
    CHECK(a.store.findFailures({&wanted, 1}).empty());
}

TEST_CASE_METHOD(Fixture, "the flight of a process that dies is taken over") {
    Fetching& a = start("a/1/1:1:1");
    SECTION("of another host: when its claim ends") {
        auto claim = a.leases.acquire("flight.page." + id(1).string(), 400ms);
        REQUIRE(claim);
        claim->abandon();
    }
    SECTION("of this host: at once") {
        Child child({.command = {"/bin/sleep", "60"}});
        Leases leases(a.store, Owner::of(child.pid()));
        auto claim = leases.acquire("flight.page." + id(1).string(), 1h);
        REQUIRE(claim);
        claim->abandon();
        child.signal(9);
        child.wait(10s);
    }
    SECTION("while it asked for the id") {
        auto claim = a.leases.acquire("flight.id." + id(1).string(), 400ms);
        REQUIRE(claim);
        claim->abandon();
    }
    const auto batch = want(start("b/1/1:1:1"), 1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK(batch->counts().second == 1);
}

TEST_CASE_METHOD(
    Fixture, "what is asked for during a pause fails at once, and what waited before it goes on after it") {
    upstreams.failPage(slug(1), {Kind::throttled, "429", 2s});
    upstreams.holdPages();
    Fetching& a = start("a/1/1:1:1");
    const auto before = want(a, 1, 6);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    upstreams.letPageGo(slug(1));
    REQUIRE(before->waitFor(1));
    for (Fetching* process : {&a, &start("b/1/1:1:1")}) {
        const auto during = want(*process, 20, 20);
        REQUIRE(during->waitFor(1));
        CHECK_THAT(during->failure().message, Catch::StartsWith("Rotten Tomatoes is left alone"));
        CHECK(during->failure().retryAfter <= 2s);
    }
    upstreams.letPagesGo();
    REQUIRE(before->waitFor(6));
    CHECK(before->counts().second == 5);
}
