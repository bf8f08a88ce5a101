#include "common/fetch/breaker.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;
using Ask = Consent::Kind;
using std::chrono::milliseconds;

namespace {

struct Fixture {
    Timestamp time = fromMillis(1'800'000'000'000);
    UpstreamState state;

    void fail(Kind kind, int times = 1, std::optional<std::chrono::seconds> retryAfter = std::nullopt,
              bool probe = false) {
        for (int i = 0; i < times; ++i) {
            const UpstreamFailure failure{kind, "failed", retryAfter};
            state = withOutcome(state, &failure, probe, time);
        }
    }
    void succeed(bool probe = false) { state = withOutcome(state, nullptr, probe, time); }
    void sendProbe() {
        REQUIRE(consentOf(state, time).kind == Ask::probe);
        state = withProbe(state, time, 25s);
    }
    bool mayGo() const { return consentOf(state, time).kind == Ask::go; }
    /// How long to wait; 0: not at all.
    milliseconds pause() const { return consentOf(state, time).left; }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "five failures in a row open the breaker for 30 s") {
    fail(Kind::broken, 4);
    CHECK(mayGo());
    fail(Kind::timeout);
    CHECK(pause() == 30s);
    CHECK(consentOf(state, time + 10s).since == time);
}

TEST_CASE_METHOD(Fixture, "a success in between starts the count anew") {
    fail(Kind::broken, 4);
    succeed();
    fail(Kind::broken, 4);
    CHECK(mayGo());
}

TEST_CASE_METHOD(Fixture, "three times 403 in a row open it") {
    fail(Kind::forbidden, 2);
    fail(Kind::broken);
    fail(Kind::forbidden);
    CHECK(mayGo());
    succeed();
    fail(Kind::forbidden, 3);
    CHECK(pause() == 30s);
}

TEST_CASE_METHOD(Fixture, "three different pages in a row that are redirected away open it") {
    const auto redirect = [this](const std::string& page) {
        const UpstreamFailure failure{Kind::redirected, "redirected", std::nullopt, page};
        state = withOutcome(state, &failure, false, time);
    };
    for (int i = 0; i < 10; ++i) {
        redirect("m/a_dead_one");
    }
    CHECK(mayGo());  // that page's own matter
    redirect("m/b");
    succeed();  // as a 404 does: the site answers
    redirect("m/c");
    redirect("m/d");
    CHECK(mayGo());
    redirect("m/e");
    CHECK(pause() == 30s);
    time += 30s;
    sendProbe();
    const UpstreamFailure failure{Kind::redirected, "redirected", std::nullopt, "m/e"};
    state = withOutcome(state, &failure, true, time);
    CHECK(pause() == 60s);
}

TEST_CASE_METHOD(Fixture, "redirects of a site without pages count each") {
    fail(Kind::redirected, 3);
    CHECK(pause() == 30s);
}

TEST_CASE_METHOD(Fixture, "a page that is gone, or that we refuse, opens nothing") {
    const UpstreamState before = state;
    fail(Kind::gone, 10);
    fail(Kind::refused, 10);
    fail(Kind::cancelled, 10);
    CHECK(state == before);
}

TEST_CASE_METHOD(Fixture, "when the time is up one request probes, and its success closes the breaker") {
    fail(Kind::broken, 5);
    time += 30s;
    sendProbe();
    CHECK(consentOf(state, time).probing);  // the others wait for it
    succeed(true);
    CHECK(mayGo());
    CHECK(state.nextOpening == 30s);
}

TEST_CASE_METHOD(Fixture, "a probe that fails doubles the time, up to 15 minutes") {
    fail(Kind::broken, 5);
    milliseconds expected = 30s;
    for (int i = 0; i < 8; ++i) {
        CHECK(pause() == expected);
        time += expected;
        sendProbe();
        fail(Kind::broken, 1, std::nullopt, true);
        expected = std::min<milliseconds>(expected * 2, 15min);
    }
    CHECK(pause() == 15min);
}

TEST_CASE_METHOD(Fixture, "failures of requests that were open already do not prolong the opening") {
    fail(Kind::broken, 7);
    CHECK(pause() == 30s);
    time += 30s;
    sendProbe();
    fail(Kind::broken);
    CHECK(consentOf(state, time).probing);
    fail(Kind::broken, 1, std::nullopt, true);
    CHECK(pause() == 60s);
}

TEST_CASE_METHOD(Fixture, "a probe that was not used, or whose outcome never comes, lets another one go") {
    fail(Kind::broken, 5);
    time += 30s;
    sendProbe();
    fail(Kind::cancelled, 1, std::nullopt, true);
    sendProbe();
    time += 25s - 1ms;
    CHECK(consentOf(state, time).probing);
    time += 1ms;
    sendProbe();
}

TEST_CASE_METHOD(Fixture, "Retry-After stops all requests until then, and nothing else does") {
    fail(Kind::throttled, 1, 3s);
    CHECK(pause() == 3s);
    succeed();  // one that was open already
    CHECK(pause() == 3s);
    const Timestamp began = time;
    time += 1s;
    fail(Kind::throttled, 1, 3s);
    CHECK(pause() == 3s);
    CHECK(consentOf(state, time).since == began);
    time += 3s;
    CHECK(mayGo());
}

TEST_CASE_METHOD(Fixture, "Retry-After 0, or none, means a minute") {
    fail(Kind::throttled, 1, 0s);
    CHECK(pause() == 60s);
    time += 60s;
    fail(Kind::throttled);
    CHECK(pause() == 60s);
}

TEST_CASE("five bad pages of twenty are too many, four are not") {
    CHECK_FALSE(isMarkupChange(4));
    CHECK(isMarkupChange(5));
}

TEST_CASE_METHOD(Fixture, "while pages are not believed, one in 5 minutes is tried, whatever comes of it") {
    state = withPagesSuspended(state, time);
    CHECK(pause() == 5min);
    CHECK(consentOf(state, time).suspended);
    const auto [kind, says] = GENERATE(table<std::optional<Kind>, milliseconds>(
        {{std::nullopt, 5min}, {Kind::gone, 5min}, {Kind::broken, 5min}, {Kind::cancelled, 0h}}));
    time += 5min;
    sendProbe();
    kind ? fail(*kind, 1, std::nullopt, true) : succeed(true);
    CHECK(pause() == says);
    CHECK(state.suspendedAt == time - 5min);
}

TEST_CASE_METHOD(Fixture, "a site that asks for more than 5 minutes gets it") {
    state = withPagesSuspended(state, time);
    time += 5min;
    sendProbe();
    fail(Kind::throttled, 1, 7200s, true);
    CHECK(pause() == 2h);
}

TEST_CASE_METHOD(Fixture, "a request that was open when pages were suspended changes nothing") {
    state = withPagesSuspended(state, time);
    const UpstreamState before = state;
    succeed();
    fail(Kind::broken, 7);
    CHECK(state == before);
}

TEST_CASE_METHOD(Fixture, "pages that are believed again open the upstream, and only later ones count") {
    state = withPagesSuspended(state, time);
    time += 1h;
    sendProbe();
    succeed(true);
    state = withPagesBelieved(state, time);
    CHECK(mayGo());
    CHECK(state.clearedAt == time);
    const UpstreamState believed = state;
    CHECK(withPagesBelieved(state, time + 5s) == believed);
}

TEST_CASE_METHOD(Fixture, "an ordinary answer keeps from when on pages count") {
    state.clearedAt = time - 5h;
    fail(Kind::broken);
    succeed();
    CHECK(state.clearedAt == time - 5h);
}

TEST_CASE_METHOD(Fixture, "an operator lifts whatever kept requests back") {
    fail(Kind::broken, 9);
    fail(Kind::throttled, 1, 7200s);
    CHECK_FALSE(mayGo());
    state.clearedAt = time - 5h;
    state.version = 41;
    state = withNothingBlocked(state, time);
    CHECK(mayGo());
    CHECK(state == UpstreamState{.version = 41, .clearedAt = time - 5h});
    fail(Kind::broken, 5);
    CHECK(pause() == 30s);  // as the first time
}

TEST_CASE_METHOD(Fixture, "an operator has pages believed again, and only later ones count") {
    state = withPagesSuspended(state, time);
    state = withNothingBlocked(state, time + 1min);
    CHECK(mayGo());
    CHECK(state == UpstreamState{.clearedAt = time + 1min});
}
