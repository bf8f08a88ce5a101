// A program of its own: it replaces operator new by one that fails when it is told to.
#include <Poco/Logger.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <optional>

#include "common/store/migrate.h"
#include "handler/acceptor.h"
#include "handler/batch_stream.h"
#include "handler/router.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fetching.h"
#include "tests/unit/handler/fastcgi_peer.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// How many allocations are left before one fails, in whatever thread but the test's own; negative: none
/// fails.
std::atomic<long> allocationsLeft = -1;
thread_local bool isTest = false;

void* allocate(std::size_t size, std::size_t alignment) {
    if (!isTest && allocationsLeft.load(std::memory_order_relaxed) >= 0 &&
        allocationsLeft.fetch_sub(1) == 0) {
        throw std::bad_alloc();
    }
    void* memory = nullptr;
    if (::posix_memalign(&memory, std::max(alignment, sizeof(void*)), size) != 0) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

#ifdef RTBATCH_SANITIZED
/// Poco's JSON parser (1.11) loses 136 bytes when the allocation after its first one fails.
extern "C" const char* __asan_default_options();  // NOLINT(bugprone-reserved-identifier): its name
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}
#endif

void* operator new(std::size_t size) {
    return allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    try {
        return ::operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

namespace {

const std::string kNothing = "nothing for 30 s";

ImdbId id(int number) {
    return *ImdbId::parse("tt" + std::to_string(1000000 + number));
}

/// All that answers requests in a process, but for the upstreams.
struct Service {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;
    ConnectionCount connections;
    std::optional<Fetching> fetching;
    std::optional<DemandRecorder> demand;
    std::optional<KeyRing> keys;
    std::optional<Quota> quota;
    WorkerPool streamWorkers{2};
    std::optional<Monitor> monitor{std::in_place};
    std::optional<Router> router;
    std::optional<Listener> listener;
    std::optional<Acceptor> acceptor;
    int asked = 0;

    Service() {
        migrate(storeOptions);
        fetching.emplace(storeOptions, upstreams);
        fetching->options.nearLook = 50ms;
        fetching->start();
        demand.emplace(fetching->store, 5ms);
        keys.emplace(fetching->store, KeyRingOptions{.adminKey = "admin"});
        quota.emplace(fetching->store, QuotaOptions{});
        router.emplace(
            RouterOptions{.authRequired = true, .maxIds = 50, .maxStreams = 100, .version = "0", .gate = {}},
            fetching->store, *keys, *quota, connections,
            StreamServices{*fetching->fetcher, *monitor, streamWorkers, *demand, fetching->store,
                           StreamOptions{.timeout = 3s, .heartbeat = 10s}});
        listener.emplace(dir.file("socket"), 0600);
        acceptor.emplace(*listener, 2, connections, 100, [this](std::unique_ptr<Exchange> exchange, bool) {
            router->handle(std::move(exchange), nullptr);
        });
    }
    ~Service() {
        acceptor.reset();
        fetching->fetcher->stop(Deadline::in(1s));
        streamWorkers.stop();
    }

    /// Asks for a film that is stored and two that have to be fetched; gives the answer to its end.
    std::string ask() {
        std::string body = R"({"imdbIds":[")" + id(0).string() + '"';
        for (int i = 0; i < 2; ++i) {
            const std::string page = "m/film_" + std::to_string(++asked);
            upstreams.setId(id(asked).string(), page);
            upstreams.setPage(page, "Film " + std::to_string(asked));
            body += ",\"" + id(asked).string() + '"';
        }
        FastCgiPeer peer(dir.file("socket"));
        peer.send(fastCgiRequest(
            fastCgiParam("REQUEST_METHOD", "POST") + fastCgiParam("SCRIPT_NAME", "/api/v1/movies/batch") +
                fastCgiParam("HTTP_X_API_KEY", "admin") + fastCgiParam("CONTENT_TYPE", "application/json"),
            body + "]}"));
        const std::string text = peer.readToEnd();
        return peer.endedBy() == EAGAIN ? kNothing : text;
    }
};

bool isWhole(const std::string& answer) {
    return answer.find("\"total\":3,\"cached\":1,\"fetched\":2,\"errors\":0") != std::string::npos;
}

}  // namespace

TEST_CASE("whichever allocation fails, one request fails and the process goes on") {
    Poco::Logger::root().setLevel("none");
    isTest = true;
    Service service;
    service.upstreams.setId(id(0).string(), "m/film_0");
    service.upstreams.setPage("m/film_0", "Film 0");
    REQUIRE(service.ask().find("event: done") != std::string::npos);
    int failures = 0;
    bool failed = true;
    for (long k = 0; failed; ++k) {
        INFO("allocation " << k);
        allocationsLeft = k;
        const std::string answer = service.ask();
        failed = allocationsLeft.exchange(-1) < 0;
        REQUIRE(answer != kNothing);
        if (!isWhole(answer)) {
            ++failures;
            const std::string next = service.ask();
            INFO(next);
            REQUIRE(isWhole(next));
        }
    }
    CHECK(failures > 20);
}
