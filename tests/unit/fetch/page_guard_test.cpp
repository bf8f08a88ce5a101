// What the fetcher does with pages that lost facts or cannot be read: through the real store and gate.
#include <catch2/catch.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/fetch/fetcher.h"
#include "common/store/migrate.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fake_upstreams.h"
#include "tests/unit/fetch/fetching.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;  // only a broken fetcher takes so long

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1000000 + number));
}
std::string slug(int number) {
    return "m/film_" + std::to_string(number);
}
std::string title(int number) {
    return "Film " + std::to_string(number);
}

class OneLanding : public FlightListener {
public:
    void landed(const ImdbId& /*id*/, const std::shared_ptr<const FlightResult>& result) override {
        const std::scoped_lock lock(_mutex);
        _result = result;
    }
    FlightResult wait() const {
        REQUIRE(eventually(kSoon, [&] {
            const std::scoped_lock lock(_mutex);
            return _result != nullptr;
        }));
        const std::scoped_lock lock(_mutex);
        return *_result;
    }

private:
    mutable std::mutex _mutex;
    std::shared_ptr<const FlightResult> _result;
};

struct Fixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;
    std::optional<Fetching> fetching;

    Fixture() {
        migrate(storeOptions);
        fetching.emplace(storeOptions, upstreams);
        for (int i = 0; i < 60; ++i) {
            upstreams.setId(id(i).string(), slug(i));
            upstreams.setPage(slug(i), title(i) + ";year=1999;critics=70;audience=80;consensus=Good.");
        }
        fetching->start();
    }

    /// Fetches a movie, also one whose row is fresh.
    FlightResult fetch(int number) {
        const auto landing = std::make_shared<OneLanding>();
        fetching->fetcher->want(landing, Priority::people,
                                {{.id = id(number), .freshUntil = now() + std::chrono::days(1000)}});
        return landing->wait();
    }
    bool isFetched(int number) { return std::holds_alternative<Fetched>(fetch(number)); }
    std::optional<MovieFacts> facts(int number) {
        const auto row = fetching->store.findStored(id(number));
        return row ? parseFacts(row->facts) : std::nullopt;
    }
    void setPages(int from, int to, const std::string& page) {
        for (int i = from; i <= to; ++i) {
            upstreams.setPage(slug(i), page);
        }
    }
    UpstreamState state() { return fetching->store.readUpstream("rt").state; }
    bool suspended() { return state().suspendedAt != Timestamp{}; }
    /// As if the time had passed until the next page may be tried.
    void letTheBlockageEnd() {
        UpstreamState later = state();
        later.shutUntil = {};
        REQUIRE(fetching->store.saveUpstream("rt", later));
        // What this process knows of it is half a second old at most.
        REQUIRE(eventually(kSoon, [&] { return !fetching->gate->shut(Upstream::rottenTomatoes); }));
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a page that lost its consensus leaves the old one in the row and in the answer") {
    REQUIRE(isFetched(1));
    upstreams.setPage(slug(1), title(1) + ";year=1999;critics=71;audience=80");
    const auto result = fetch(1);
    REQUIRE(std::holds_alternative<Fetched>(result));
    CHECK(facts(1)->consensus == "Good.");
    CHECK(facts(1)->criticScore == 71);
    CHECK(parseFacts(std::get<Fetched>(result).facts) == facts(1));
    CHECK(fetching->store.findStored(id(1))->suspectAt);
}

TEST_CASE_METHOD(Fixture, "another film's page is a failure that is remembered, and the row stays") {
    REQUIRE(isFetched(1));
    const auto before = facts(1);
    upstreams.setPage(slug(1), "Something Else;year=2020;critics=5");
    const auto result = fetch(1);
    REQUIRE(std::holds_alternative<FetchFailed>(result));
    CHECK_THAT(std::get<FetchFailed>(result).message, Catch::Contains("Something Else (2020)"));
    CHECK(facts(1) == before);
    const ImdbId one = id(1);
    CHECK(fetching->store.findFailures({&one, 1}).size() == 1);
    CHECK_FALSE(suspended());
}

TEST_CASE_METHOD(Fixture, "a row that lasts long enough is not fetched again, one that expires by then is") {
    REQUIRE(isFetched(1));
    const auto landing = std::make_shared<OneLanding>();
    fetching->fetcher->want(landing, Priority::refresher, {{.id = id(1), .freshUntil = now() + 1h}});
    landing->wait();
    CHECK(upstreams.pages().size() == 1);
    REQUIRE(isFetched(1));
    CHECK(upstreams.pages().size() == 2);
}

TEST_CASE_METHOD(Fixture,
                 "pages of known films that cannot be read stop all writing, until one reads again") {
    for (int i = 0; i < 16; ++i) {
        REQUIRE(isFetched(i));
    }
    setPages(0, 59, "unreadable");
    for (int i = 0; i < 4; ++i) {
        REQUIRE_FALSE(isFetched(i));
    }
    CHECK_FALSE(suspended());  // 4 of 20
    const auto before = upstreams.pages().size();
    REQUIRE_FALSE(isFetched(4));
    REQUIRE(
        eventually(kSoon, [&] { return suspended(); }));  // 5 of 20, and two good films cannot be read either
    CHECK(upstreams.pages().size() == before + 3);

    // Nobody asks while it lasts, and the answer says why.
    const auto asked = upstreams.pages().size();
    const auto result = fetch(50);
    REQUIRE(std::holds_alternative<FetchFailed>(result));
    CHECK_THAT(std::get<FetchFailed>(result).message, Catch::Contains("have changed"));
    CHECK(std::get<FetchFailed>(result).retryAfter > 200s);
    CHECK(std::get<FetchFailed>(result).retryAfter <= 300s);
    CHECK(upstreams.pages().size() == asked);

    // A few minutes later a good film is tried, whatever is wanted: while it is bad, nothing more is asked.
    letTheBlockageEnd();
    REQUIRE_FALSE(isFetched(25));
    CHECK(upstreams.pages().size() == asked + 1);
    CHECK(upstreams.pages().back() != slug(25));
    CHECK(suspended());
    REQUIRE_FALSE(isFetched(51));
    CHECK(upstreams.pages().size() == asked + 1);

    // When it reads, all goes on.
    for (int i = 0; i < 60; ++i) {
        setPages(i, i, title(i) + ";year=1999;critics=70;audience=80;consensus=Good.");
    }
    letTheBlockageEnd();
    REQUIRE(isFetched(52));
    CHECK_FALSE(suspended());
    CHECK(facts(52)->criticScore == 70);
    // The bad pages of before no longer count.
    setPages(6, 6, "unreadable");
    REQUIRE_FALSE(isFetched(6));
    CHECK_FALSE(suspended());
}

TEST_CASE_METHOD(Fixture, "films that could never be read say nothing of the site, however many there are") {
    const int goodBefore = GENERATE(0, 16);
    for (int i = 0; i < goodBefore; ++i) {
        REQUIRE(isFetched(i));
    }
    setPages(20, 45, "unreadable");
    for (int i = 20; i <= 45; ++i) {
        REQUIRE_FALSE(isFetched(i));
    }
    REQUIRE(isFetched(50));
    CHECK_FALSE(suspended());
    CHECK(upstreams.pages().size() == static_cast<std::size_t>(goodBefore) + 27);
}

TEST_CASE_METHOD(Fixture, "while a good film still reads, the others' bad pages are their own matter") {
    for (int i = 0; i < 30; ++i) {
        REQUIRE(isFetched(i));
    }
    for (int i = 0; i < 10; ++i) {
        setPages(i, i, "unreadable");
        REQUIRE_FALSE(isFetched(i));
    }
    REQUIRE(isFetched(50));
    CHECK_FALSE(suspended());
    CHECK(state().clearedAt != Timestamp{});  // a good film was tried
}

TEST_CASE_METHOD(Fixture, "too many pages that lost facts stop all writing, and nothing stored is lost") {
    for (int i = 0; i < 20; ++i) {
        REQUIRE(isFetched(i));
    }
    for (int i = 0; i < 20; ++i) {
        upstreams.setPage(slug(i), title(i) + ";year=1999");
    }
    for (int i = 0; i < 5; ++i) {
        CHECK(isFetched(i));
    }
    REQUIRE(eventually(kSoon, [&] { return suspended(); }));
    CHECK_FALSE(isFetched(5));
    CHECK_FALSE(fetching->store.findStored(id(5))->suspectAt);
    for (int i = 0; i < 20; ++i) {
        CHECK(facts(i)->criticScore == 70);
        CHECK(facts(i)->consensus == "Good.");
    }
}

TEST_CASE_METHOD(Fixture, "one film whose page is always bad does not stop the others") {
    for (int i = 0; i < 5; ++i) {
        REQUIRE(isFetched(i));
    }
    upstreams.setPage(slug(30), "unreadable");
    for (int i = 0; i < 8; ++i) {
        REQUIRE_FALSE(isFetched(30));
        fetching->store.forgetFailure(id(30));
    }
    CHECK_FALSE(suspended());
}

TEST_CASE_METHOD(Fixture,
                 "a host that cannot read pages blames neither the site nor the movie, and asks for none") {
    for (int i = 0; i < 16; ++i) {
        REQUIRE(isFetched(i));
    }
    fetching->reader.broken = true;
    const auto asked = upstreams.pages().size();
    for (int i = 0; i < 10; ++i) {
        const auto result = fetch(i);
        REQUIRE(std::holds_alternative<FetchFailed>(result));
        CHECK_THAT(std::get<FetchFailed>(result).message,
                   Catch::StartsWith("This host cannot read pages now"));
        CHECK(std::get<FetchFailed>(result).retryAfter <= 30s);
    }
    CHECK(upstreams.pages().size() <= asked + 2);  // two may have been open
    CHECK_FALSE(suspended());
    for (int i = 0; i < 10; ++i) {
        const ImdbId one = id(i);
        CHECK(fetching->store.findFailures({&one, 1}).empty());
    }
}

TEST_CASE("a host whose reader works again goes on, and not before") {
    TempDir dir;
    const StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    migrate(storeOptions);
    FakeUpstreams upstreams;
    upstreams.setId(id(1).string(), slug(1));
    upstreams.setPage(slug(1), title(1));
    Fetching fetching(storeOptions, upstreams);
    fetching.options.readerRetry = 10ms;
    fetching.start();
    const auto fetch = [&] {
        const auto landing = std::make_shared<OneLanding>();
        fetching.fetcher->want(landing, Priority::people, {{.id = id(1)}});
        return landing->wait();
    };
    fetching.reader.broken = true;
    CHECK(std::holds_alternative<FetchFailed>(fetch()));
    CHECK(upstreams.pages().size() == 1);
    std::this_thread::sleep_for(20ms);  // the reader's pause, after which it is tried on a known page
    CHECK(std::holds_alternative<FetchFailed>(fetch()));
    CHECK(upstreams.pages().size() == 1);
    fetching.reader.broken = false;
    CHECK(eventually(kSoon, [&] { return std::holds_alternative<Fetched>(fetch()); }));
    CHECK(upstreams.pages().size() == 2);
}
