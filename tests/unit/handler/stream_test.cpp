#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "handler/batch_stream.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fetching.h"
#include "tests/unit/handler/memory_exchange.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1000000 + number));
}

struct Fixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;
    std::optional<Fetching> fetching;
    Store* store = nullptr;
    Fetcher* fetcher = nullptr;
    std::optional<DemandRecorder> demand;
    Monitor monitor;
    WorkerPool workers{2};
    StreamOptions options;
    std::string accept;
    CacheControl cacheControl;
    std::shared_ptr<Wire> wire = std::make_shared<Wire>();
    int server = -1;  // the web server's end of the connection

    Fixture() {
        migrate(storeOptions);
        fetching.emplace(storeOptions, upstreams);
        fetching->start();
        store = &fetching->store;
        fetcher = &*fetching->fetcher;
        demand.emplace(*store, 1h);
        for (int i = 0; i < 60; ++i) {
            upstreams.setId(id(i).string(), "m/film_" + std::to_string(i));
            upstreams.setPage("m/film_" + std::to_string(i), "Film " + std::to_string(i));
        }
    }
    ~Fixture() {
        fetcher->stop(Deadline::in(0ms));
        if (server >= 0) {
            ::close(server);
        }
    }

    /// Ends the fetching: what was begun is finished by then.
    bool nothingIsFetched() {
        const bool queued = queueLength(QueueName::renewals) > 0 || queueLength(QueueName::rt) > 0 ||
                            queueLength(QueueName::wikidata) > 0;
        fetcher->stop(Deadline::in(kSoon));
        return !queued && upstreams.queries().empty() && upstreams.pages().empty();
    }

    /// Starts a batch for the movies of both ranges; the first are hits of that many bytes each.
    void start(int hits, int misses, std::size_t bytes = 400, std::chrono::hours age = 0h) {
        BatchRequest request;
        request.cacheControl = cacheControl;
        std::vector<MovieRow> rows(static_cast<std::size_t>(hits + misses));
        for (int i = 0; i < hits + misses; ++i) {
            request.ids.push_back(id(i));
            if (i < hits) {
                const std::string facts = R"({"title":")" + std::string(bytes, 'x') + "\"}";
                rows.at(static_cast<std::size_t>(i)) = std::make_shared<CachedMovie>(
                    CachedMovie{id(i), "m/film_" + std::to_string(i), facts, now() - age, now() + 1h - age});
            }
        }
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        server = ends[0];
        auto call = std::make_unique<Call>(std::make_unique<MemoryExchange>(wire, ends[1]));
        std::make_shared<BatchStream>(StreamServices{*fetcher, monitor, workers, *demand, *store, options},
                                      call, batchFormat(accept), request, rows, Deadline::in(options.timeout))
            ->start();
    }
};

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++times;
    }
    return times;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "hits go out before anything else is waited for, then done") {
    start(50, 0);
    CHECK(wire->howItEnded() == "finished");  // at once, on the thread that started it
    CHECK_THAT(wire->text(), Catch::StartsWith("Status: 200 OK\r\nContent-Type: text/event-stream\r\n"));
    CHECK_THAT(wire->text(), Catch::Contains("\r\n\r\n:\nevent: movie\n"));
    CHECK(count(wire->text(), "event: movie\n") == 50);
    CHECK_THAT(wire->text(), Catch::EndsWith("event: done\ndata: {\"total\":50,\"cached\":50,\"fetched\":0,"
                                             "\"errors\":0,\"stale\":0}\n\n"));
    CHECK(wire->longestGroup() <= 16'000);
    CHECK(wire->groups.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a web server that never reads gets all groups all the same, none cut") {
    wire->reading = false;
    start(50, 2);
    REQUIRE(wire->ended("finished"));
    CHECK(count(wire->text(), "event: movie\n") == 52);
    CHECK(count(wire->text(), "event: done\n") == 1);
    for (const std::string& group : wire->groups) {
        CHECK_THAT(group, Catch::EndsWith("\n\n"));
    }
}

TEST_CASE_METHOD(Fixture, "an event over the size of a group has one of its own") {
    start(3, 0, 20'000);
    CHECK(wire->groups.size() == 4 + 1);  // the head, three movies, done
}

TEST_CASE_METHOD(Fixture, "each fetched movie is a group of its own") {
    start(1, 4);
    REQUIRE(wire->ended("finished"));
    for (const std::string& group : wire->groups) {
        CHECK(count(group, "\"fetched\"") <= (count(group, "event: done") == 1 ? 2U : 1U));
        CHECK(count(group, "event: movie") <= 1);
    }
    CHECK_THAT(wire->text(),
               Catch::EndsWith("{\"total\":5,\"cached\":1,\"fetched\":4,\"errors\":0,\"stale\":0}\n\n"));
}

TEST_CASE_METHOD(Fixture, "at the deadline every open id gets its outcome, and what waits is dropped") {
    upstreams.holdPages();
    options.timeout = 100ms;
    SECTION("an old row is sent as stale") {
        start(3, 0, 400, 2h);
        REQUIRE(wire->ended("finished"));
        CHECK(count(wire->text(), "\"status\":\"stale\"") == 3);
        CHECK_THAT(wire->text(), Catch::Contains("\"cached\":3,\"fetched\":0,\"errors\":0,\"stale\":3"));
    }
    SECTION("else a timeout") {
        start(0, 5);
        REQUIRE(wire->ended("finished"));
        CHECK(count(wire->text(), "\"error\":\"timeout\"") == 5);
        upstreams.letPagesGo();
        REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 0; }));
        CHECK(upstreams.pages().size() <= 2);
    }
}

TEST_CASE_METHOD(Fixture, "where old rows will do they are answered at once, and renewed behind the answer") {
    upstreams.holdPages();
    cacheControl.maxStale = 90min;
    start(3, 0, 400, 2h);  // they expired an hour ago
    CHECK(wire->howItEnded() == "finished");
    CHECK(count(wire->text(), "\"status\":\"stale\"") == 3);
    CHECK_THAT(wire->text(),
               Catch::EndsWith("{\"total\":3,\"cached\":3,\"fetched\":0,\"errors\":0,\"stale\":3}\n\n"));
    upstreams.letPagesGo();
    const std::vector<ImdbId> ids{id(0), id(1), id(2)};
    REQUIRE(eventually(kSoon, [&] { return store->findMovies(ids).size() == 3; }));
}

TEST_CASE_METHOD(Fixture, "only what is missing is waited for beside old rows that will do") {
    cacheControl.maxStale = 90min;
    upstreams.holdPages();
    start(2, 1, 400, 2h);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() > 0; }));
    CHECK(count(wire->text(), "\"status\":\"stale\"") == 2);
    upstreams.letPagesGo();
    REQUIRE(wire->ended("finished"));
    CHECK_THAT(wire->text(),
               Catch::EndsWith("{\"total\":3,\"cached\":2,\"fetched\":1,\"errors\":0,\"stale\":2}\n\n"));
}

TEST_CASE_METHOD(Fixture, "a row that expired longer ago than will do is fetched") {
    cacheControl.maxStale = 30min;
    start(3, 0, 400, 2h);
    REQUIRE(wire->ended("finished"));
    CHECK(count(wire->text(), "\"status\":\"fetched\"") == 3);
}

TEST_CASE_METHOD(Fixture, "nothing is fetched for who wants only what is cached") {
    cacheControl.onlyIfCached = true;
    SECTION("an old row is as good as none") {
        start(2, 1, 400, 2h);
        CHECK(wire->howItEnded() == "finished");
        CHECK(count(wire->text(), "\"error\":\"not_cached\"") == 3);
        CHECK_THAT(wire->text(),
                   Catch::Contains("{\"total\":3,\"cached\":0,\"fetched\":0,\"errors\":3,\"stale\":0}"));
    }
    SECTION("unless old ones will do, and those are not renewed") {
        cacheControl.maxStale = 90min;
        start(2, 1, 400, 2h);
        CHECK(wire->howItEnded() == "finished");
        CHECK_THAT(wire->text(),
                   Catch::Contains("{\"total\":3,\"cached\":2,\"fetched\":0,\"errors\":1,\"stale\":2}"));
    }
    CHECK(nothingIsFetched());
}

TEST_CASE_METHOD(Fixture, "a process that ends with its answer renews nothing behind it") {
    options.renews = false;
    cacheControl.maxStale = 90min;
    start(3, 0, 400, 2h);
    CHECK(wire->howItEnded() == "finished");
    CHECK(nothingIsFetched());
}

TEST_CASE_METHOD(Fixture, "a silent stream carries heartbeats, of one line each") {
    upstreams.holdPages();
    options.heartbeat = 5ms;
    start(0, 1);
    REQUIRE(eventually(kSoon, [&] { return count(wire->text(), ":\n:\n:\n") > 0; }));
    upstreams.letPagesGo();
    REQUIRE(wire->ended("finished"));
    CHECK_FALSE(count(wire->text(), ":\n\n") > 0);  // no blank line, at which some readers fire
}

TEST_CASE_METHOD(Fixture, "a heartbeat of the other formats is a blank that their readers skip") {
    accept = GENERATE(as<std::string>(), "application/x-ndjson", "application/json");
    upstreams.holdPages();
    options.heartbeat = 5ms;
    start(1, 1);
    REQUIRE(eventually(kSoon, [&] { return count(wire->text(), "   ") > 0; }));
    upstreams.letPagesGo();
    REQUIRE(wire->ended("finished"));
    CHECK(count(wire->text(), "\n\n") == 0);
    CHECK(count(wire->text(), R"("imdbId")") == 2);
    CHECK_THAT(wire->text(), Catch::EndsWith("\"errors\":0,\"stale\":0}" +
                                             std::string(accept == "application/json" ? "}" : "") + "\n"));
}

TEST_CASE_METHOD(Fixture, "a client that leaves ends its stream and its waiting") {
    upstreams.holdPages();
    start(1, 10);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    ::close(std::exchange(server, -1));
    REQUIRE(wire->ended("torn"));
    upstreams.letPagesGo();
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 0; }));
    CHECK(upstreams.pages().size() == 2);
    CHECK(count(wire->text(), "event: done") == 0);
}

TEST_CASE_METHOD(Fixture, "a write that fails tears the stream") {
    wire->broken = true;
    start(1, 10);
    CHECK(wire->howItEnded() == "torn");
    CHECK(upstreams.queries().empty());
}

TEST_CASE_METHOD(Fixture, "when the program stops, streams are torn and never end cleanly without done") {
    upstreams.holdPages();
    start(1, 10);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    monitor.tearAll();
    REQUIRE(wire->ended("torn"));
    CHECK(count(wire->text(), "event: done") == 0);
}

TEST_CASE_METHOD(Fixture, "a stream that cannot be begun leaves its call to be answered") {
    struct Broken : Format {
        std::string begin(Call& /*call*/) override { return {}; }
        std::string movie(const MovieOutcome& /*movie*/) override { throw std::runtime_error("no"); }
        std::string error(const ErrorOutcome& /*error*/) override { return {}; }
        std::string done(const Counts& /*counts*/) override { return {}; }
        std::string_view heartbeat() const override { return {}; }
        std::string_view name() const override { return "broken"; }
    };
    auto call = std::make_unique<Call>(std::make_unique<MemoryExchange>(wire));
    CHECK_THROWS(
        BatchStream(StreamServices{*fetcher, monitor, workers, *demand, *store, options}, call,
                    std::make_unique<Broken>(), {.ids = {id(0)}, .invalid = {}},
                    {std::make_shared<CachedMovie>(CachedMovie{id(0), "m/film_0", "{}", now(), now() + 1h})},
                    Deadline::in(1s)));
    REQUIRE(call);  // so that the router says 500, and why in the log
    CHECK(wire->howItEnded() == "open");
}
