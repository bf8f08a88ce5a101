#include "common/fetch/breaker.h"

#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

namespace {

struct Fixture {
    Breaker::Clock::time_point time = Breaker::Clock::now();
    LocalBreaker breaker{[this] { return time; }};

    void fail(Kind kind, int times = 1, std::optional<std::chrono::seconds> retryAfter = std::nullopt) {
        for (int i = 0; i < times; ++i) {
            breaker.failed(Upstream::rottenTomatoes, {kind, "failed", retryAfter});
        }
    }
    std::optional<Breaker::Clock::duration> pause() { return breaker.admit(Upstream::rottenTomatoes); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "five failures in a row open the breaker for 30 s, of its own upstream only") {
    fail(Kind::broken, 4);
    CHECK_FALSE(pause());
    fail(Kind::timeout);
    CHECK(pause() == 30s);
    CHECK_FALSE(breaker.admit(Upstream::wikidata));
}

TEST_CASE_METHOD(Fixture, "a success in between starts the count anew") {
    fail(Kind::broken, 4);
    breaker.succeeded(Upstream::rottenTomatoes);
    fail(Kind::broken, 4);
    CHECK_FALSE(pause());
}

TEST_CASE_METHOD(Fixture, "three times 403 in a row open it") {
    fail(Kind::forbidden, 2);
    fail(Kind::broken);
    fail(Kind::forbidden);
    CHECK_FALSE(pause());
    breaker.succeeded(Upstream::rottenTomatoes);
    fail(Kind::forbidden, 3);
    CHECK(pause() == 30s);
}

TEST_CASE_METHOD(Fixture, "a page that is gone, or that we refuse, opens nothing") {
    fail(Kind::gone, 10);
    fail(Kind::refused, 10);
    fail(Kind::cancelled, 10);
    CHECK_FALSE(pause());
}

TEST_CASE_METHOD(Fixture, "when the time is up one request probes, and its success closes the breaker") {
    fail(Kind::broken, 5);
    time += 30s;
    CHECK_FALSE(pause());
    CHECK(pause() == 100ms);  // the others wait for the probe
    breaker.succeeded(Upstream::rottenTomatoes);
    CHECK_FALSE(pause());
    CHECK_FALSE(pause());
}

TEST_CASE_METHOD(Fixture, "a probe that fails doubles the time, up to 15 minutes") {
    fail(Kind::broken, 5);
    auto expected = Breaker::Clock::duration(30s);
    for (int i = 0; i < 8; ++i) {
        CHECK(pause() == expected);
        time += expected;
        CHECK_FALSE(pause());
        fail(Kind::broken);
        expected = std::min<Breaker::Clock::duration>(expected * 2, 15min);
    }
    CHECK(pause() == 15min);
}

TEST_CASE_METHOD(Fixture, "failures of requests that were open already do not prolong the opening") {
    fail(Kind::broken, 7);
    CHECK(pause() == 30s);
    time += 30s;
    CHECK_FALSE(pause());
    fail(Kind::broken);
    CHECK(pause() == 60s);
}

TEST_CASE_METHOD(Fixture, "a probe whose outcome never comes is given up after a minute") {
    fail(Kind::broken, 5);
    time += 30s;
    CHECK_FALSE(pause());
    time += 59s;
    CHECK(pause());
    time += 1s;
    CHECK_FALSE(pause());
}

TEST_CASE_METHOD(Fixture, "Retry-After stops all requests until then, and nothing else does") {
    fail(Kind::throttled, 1, 3s);
    CHECK(pause() == 3s);
    breaker.succeeded(Upstream::rottenTomatoes);  // one that was open already
    CHECK(pause() == 3s);
    time += 3s;
    CHECK_FALSE(pause());
    CHECK_FALSE(pause());
}

TEST_CASE_METHOD(Fixture, "Retry-After 0, or none, means a minute") {
    fail(Kind::throttled, 1, 0s);
    CHECK(pause() == 60s);
    time += 60s;
    fail(Kind::throttled);
    CHECK(pause() == 60s);
}
