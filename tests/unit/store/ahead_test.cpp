// The rules of what lies too far ahead of the shared clock.
#include "common/store/ahead.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/model/demand.h"
#include "common/store/store.h"

using namespace rtbatch;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1}};
const ImdbId kId = ImdbId::parse("tt0113277").value();

/// The expiry of a row, as it is believed.
Timestamp believedEnd(Timestamp cachedAt, Timestamp expiresAt, const AheadLimits& limits = {}) {
    CachedMovie row{kId, "m/heat", "{}", cachedAt, expiresAt};
    distrust(row, kNow, limits);
    return row.expiresAt;
}

}  // namespace

TEST_CASE("What happened lies a minute ahead at most, for clocks differ") {
    for (const SharedTime which :
         {SharedTime::cachedAt, SharedTime::rtIdCheckedAt, SharedTime::failedAt, SharedTime::leaseTakenAt,
          SharedTime::shutAt, SharedTime::suspendedAt, SharedTime::clearedAt, SharedTime::scrapedAt,
          SharedTime::lastAskedAt, SharedTime::wantedAt, SharedTime::runStartedAt, SharedTime::syncStartedAt,
          SharedTime::usageHour}) {
        CHECK_FALSE(isTooFarAhead(which, kNow + 1min, kNow));
        CHECK(isTooFarAhead(which, kNow + 1min + 1ms, kNow));
    }
}

TEST_CASE("What is to end lies ahead no further than its own rule allows") {
    CHECK(latestBelieved(SharedTime::shutUntil, kNow) == kNow + 24h + 1min);
    CHECK(latestBelieved(SharedTime::retryAt, kNow) == kNow + 24h + 1min);
    CHECK(latestBelieved(SharedTime::probeUntil, kNow) == kNow + 25s + 1min);
    CHECK(latestBelieved(SharedTime::expiresAt, kNow) == kNow + days(33) + 1min);
    CHECK(latestBelieved(SharedTime::rtIdExpiresAt, kNow) == kNow + days(99) + 1min);
    CHECK(latestBelieved(SharedTime::expiresAt, kNow, {.row = days(400)}) == kNow + days(400) + 1min);
}

TEST_CASE("A row of the future has expired, also by a clock that is a little behind") {
    CHECK(believedEnd(kNow - 1h, kNow + 167h) == kNow + 167h);
    CHECK(believedEnd(kNow + 1min, kNow + 168h) == kNow + 168h);
    CHECK(believedEnd(kNow + 48h, kNow + 216h) < kNow - 1s);
    CHECK(believedEnd(kNow - 1h, kNow + days(34)) < kNow - 1s);
    CHECK(believedEnd(kNow - 1h, kNow + days(34), {.row = days(40)}) == kNow + days(34));
    CHECK(believedEnd(kNow - 900h, kNow - 700h) == kNow - 700h);
    StoredMovie row{{kId, "m/heat", "{}", kNow - 1h, kNow + 1h}};
    row.suspectAt = kNow + 48h;
    distrust(row, kNow, {});
    CHECK(row.suspectAt == kNow);
    CHECK(row.expiresAt == kNow + 1h);
}

TEST_CASE("A failure of the future holds nothing back") {
    KnownFailure failure{kId, "gone", kNow, kNow + 24h};
    distrust(failure, kNow);
    CHECK(failure.retryAt == kNow + 24h);
    failure.retryAt = kNow + 25h;
    distrust(failure, kNow);
    CHECK(failure.retryAt < kNow);
    KnownFailure fresh{kId, "gone", kNow + 3h, kNow + 3h + 10min};
    distrust(fresh, kNow);
    CHECK(fresh.retryAt < kNow);
    CHECK(fresh.failedAt < kNow);
}

TEST_CASE("A site is left alone no longer than a day, and by nobody who asked in the future") {
    UpstreamState state{.failures = 5, .open = true, .shutAt = kNow - 1h, .shutUntil = kNow + 20h};
    const UpstreamState asItWas = state;
    distrust(state, kNow, {});
    CHECK(state == asItWas);
    state.shutUntil = kNow + 48h;
    distrust(state, kNow, {});
    CHECK(state.shutUntil < kNow);
    CHECK(state.open);  // the next request is a probe
    CHECK(state.failures == 5);
    UpstreamState later{.shutAt = kNow + 2h, .shutUntil = kNow + 3h, .probeUntil = kNow + 2min};
    distrust(later, kNow, {});
    CHECK(later.shutUntil < kNow);
    CHECK(later.probeUntil < kNow);
}

TEST_CASE("Pages that are not believed since the future stay so since now; none were cleared then") {
    UpstreamState state{.open = true, .suspendedAt = kNow + 48h, .clearedAt = kNow + 47h};
    distrust(state, kNow, {});
    CHECK(state.suspendedAt == kNow);
    CHECK(state.clearedAt == Timestamp{});
}

TEST_CASE("Demand weighs no more than if all of it had come now") {
    Demand demand{.requests = 3,
                  .weight = 3 * requestWeight(kNow + days(365)),
                  .firstAt = kNow - 1h,
                  .lastAt = kNow + days(365),
                  .wantedPlace = 0,
                  .wantedAt = kNow + days(365)};
    distrust(demand, kNow);
    CHECK(fadedRequests(demand, kNow) == Approx(3).epsilon(0.001));
    CHECK(demand.firstAt == kNow - 1h);
    CHECK(demand.lastAt == kNow);
    CHECK(demand.wantedAt == kNow);
    Demand honest{.requests = 2, .weight = 2 * requestWeight(kNow), .firstAt = kNow, .lastAt = kNow};
    const double weight = honest.weight;
    distrust(honest, kNow);
    CHECK(honest.weight == weight);
}

TEST_CASE("A condition in SQL says the same as the rules, and hours are hours") {
    CHECK(aheadSql("rt_failure", "f", kNow) == "(f.failed_at > " + std::to_string(toMillis(kNow + 1min)) +
                                                   " OR f.retry_at > " +
                                                   std::to_string(toMillis(kNow + 24h + 1min)) + ")");
    CHECK(aheadSql("api_usage", "api_usage", kNow + 59min) ==
          "(api_usage.hour > " + std::to_string(toMillis(kNow) / 3600000 + 1) + ")");
}

TEST_CASE("The columns of a table stand together") {
    std::set<std::string_view> seen;
    std::string_view last;
    for (const SharedColumn& column : sharedColumns()) {
        CHECK((column.table == last || seen.insert(column.table).second));
        last = column.table;
    }
}
