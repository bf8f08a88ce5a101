#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "handler/batch_stream.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fetching.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;

/// What the web server has been given, which outlives the exchange.
struct Wire {
    std::mutex mutex;
    std::vector<std::string> groups;   // guarded by mutex
    std::string end = "open";          // guarded by mutex
    std::atomic<bool> reading = true;  // else nothing that is written is ever read
    std::atomic<bool> broken = false;

    std::string text() {
        const std::scoped_lock lock(mutex);
        std::string all;
        for (const std::string& group : groups) {
            all += group;
        }
        return all;
    }
    std::string howItEnded() {
        const std::scoped_lock lock(mutex);
        return end;
    }
    bool ended(const std::string& how) {
        return eventually(kSoon, [&] { return howItEnded() == how; });
    }
    std::size_t longestGroup() {
        const std::scoped_lock lock(mutex);
        return std::ranges::max(groups, {}, &std::string::size).size();
    }
};

/// A web server in memory.
class MemoryExchange : public Exchange {
public:
    MemoryExchange(std::shared_ptr<Wire> wire, int descriptor)
        : _wire(std::move(wire)), _descriptor(descriptor) {}
    ~MemoryExchange() override {
        const std::scoped_lock lock(_wire->mutex);
        _wire->end = _finished ? "finished" : "torn";
    }
    MemoryExchange(const MemoryExchange&) = delete;
    MemoryExchange& operator=(const MemoryExchange&) = delete;

    std::string_view param(const char* /*name*/) const override { return {}; }
    std::string_view body() const override { return {}; }
    bool write(std::string_view bytes) override {
        const std::scoped_lock lock(_wire->mutex);
        _wire->groups.emplace_back(bytes);
        return !_wire->broken;
    }
    bool drained() const override { return _wire->reading; }
    int descriptor() const override { return _descriptor; }
    void finish() override { _finished = true; }

private:
    std::shared_ptr<Wire> _wire;
    int _descriptor;
    bool _finished = false;
};

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

    /// Starts a batch for the movies of both ranges; the first are hits of that many bytes each.
    void start(int hits, int misses, std::size_t bytes = 400, std::chrono::hours age = 0h) {
        BatchRequest request;
        std::vector<CachedMovie> rows;
        for (int i = 0; i < hits + misses; ++i) {
            request.ids.push_back(id(i));
            if (i < hits) {
                const std::string facts = R"({"title":")" + std::string(bytes, 'x') + "\"}";
                rows.push_back({id(i), "m/film_" + std::to_string(i), facts, now() - age, now() + 1h - age});
            }
        }
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        server = ends[0];
        std::make_shared<BatchStream>(StreamServices{*fetcher, monitor, workers, *demand, options},
                                      std::make_unique<MemoryExchange>(wire, ends[1]), request,
                                      std::move(rows), Deadline::in(options.timeout))
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
    CHECK(wire->longestGroup() <= 3500);
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
    start(3, 0, 5000);
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

TEST_CASE_METHOD(Fixture, "a silent stream carries heartbeats, of one line each") {
    upstreams.holdPages();
    options.heartbeat = 5ms;
    start(0, 1);
    REQUIRE(eventually(kSoon, [&] { return count(wire->text(), ":\n:\n:\n") > 0; }));
    upstreams.letPagesGo();
    REQUIRE(wire->ended("finished"));
    CHECK_FALSE(count(wire->text(), ":\n\n") > 0);  // no blank line, at which some readers fire
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
