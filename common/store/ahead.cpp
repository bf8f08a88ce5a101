#include "common/store/ahead.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/model/demand.h"
#include "common/store/store.h"

namespace rtbatch {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// The longest that a site may have us wait (the breaker cuts its Retry-After), and that a failing movie is
/// left alone.
constexpr hours kLongestPause{24};

constexpr std::array kColumns{
    SharedColumn{SharedTime::cachedAt, "rt_cache", "cached_at"},
    SharedColumn{SharedTime::expiresAt, "rt_cache", "expires_at"},
    SharedColumn{SharedTime::rtIdCheckedAt, "rt_id", "checked_at"},
    SharedColumn{SharedTime::rtIdExpiresAt, "rt_id", "expires_at"},
    SharedColumn{SharedTime::failedAt, "rt_failure", "failed_at"},
    SharedColumn{SharedTime::retryAt, "rt_failure", "retry_at"},
    SharedColumn{SharedTime::leaseTakenAt, "lease", "acquired_at"},
    SharedColumn{SharedTime::shutAt, "upstream_state", "shut_at"},
    SharedColumn{SharedTime::shutUntil, "upstream_state", "shut_until"},
    SharedColumn{SharedTime::probeUntil, "upstream_state", "probe_until"},
    SharedColumn{SharedTime::suspendedAt, "upstream_state", "suspended_at"},
    SharedColumn{SharedTime::clearedAt, "upstream_state", "cleared_at"},
    SharedColumn{SharedTime::scrapedAt, "rt_scrape", "scraped_at"},
    SharedColumn{SharedTime::firstAskedAt, "demand", "first_at"},
    SharedColumn{SharedTime::lastAskedAt, "demand", "last_at"},
    SharedColumn{SharedTime::wantedAt, "demand", "wanted_at"},
    SharedColumn{SharedTime::servedSince, "served", "since"},
    SharedColumn{SharedTime::runStartedAt, "refresh_run", "started_at"},
    SharedColumn{SharedTime::syncStartedAt, "id_sync", "started_at"},
    SharedColumn{SharedTime::usageHour, "api_usage", "hour"},
};

/// Nothing of the others is written for a time to come.
milliseconds mayBeAhead(SharedTime which, const AheadLimits& limits) {
    switch (which) {
        case SharedTime::expiresAt:
            return limits.row;
        case SharedTime::rtIdExpiresAt:
            return limits.rtId;
        case SharedTime::probeUntil:
            return limits.probe;
        case SharedTime::shutUntil:
        case SharedTime::retryAt:
            return kLongestPause;
        default:
            return milliseconds(0);
    }
}

/// What a request may weigh at most.
double heaviest(Timestamp now) {
    return requestWeight(now + kClockTolerance);
}

}  // namespace

std::span<const SharedColumn> sharedColumns() {
    return kColumns;
}

Timestamp latestBelieved(SharedTime which, Timestamp now, const AheadLimits& limits) {
    return now + mayBeAhead(which, limits) + kClockTolerance;
}

std::string aheadSql(std::string_view table, const std::string& name, Timestamp now,
                     const AheadLimits& limits) {
    std::string sql;
    for (const SharedColumn& column : kColumns) {
        if (column.table == table) {
            const Timestamp latest = latestBelieved(column.time, now, limits);
            const auto value = column.time == SharedTime::usageHour
                                   ? std::chrono::floor<hours>(latest).time_since_epoch().count()
                                   : toMillis(latest);
            sql.append(sql.empty() ? "(" : " OR ").append(name).append(".").append(column.column);
            sql.append(" > ").append(std::to_string(value));
        }
    }
    return sql + ")";
}

std::string weightSql(Dialect dialect, const std::string& name, Timestamp now) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), heaviest(now), std::chars_format::scientific);
    return std::string(dialect == Dialect::sqlite ? "MIN(" : "LEAST(") + name + ".weight, " + name +
           ".requests * " + std::string(text.data(), end.ptr) + ")";
}

void distrust(CachedMovie& row, Timestamp now, const AheadLimits& limits) {
    if (isTooFarAhead(SharedTime::cachedAt, row.cachedAt, now) ||
        isTooFarAhead(SharedTime::expiresAt, row.expiresAt, now, limits)) {
        row.expiresAt = now - kClockTolerance;
    }
}

void distrust(StoredMovie& row, Timestamp now, const AheadLimits& limits) {
    distrust(static_cast<CachedMovie&>(row), now, limits);
    if (row.suspectAt && isTooFarAhead(SharedTime::suspectAt, *row.suspectAt, now)) {
        row.suspectAt = now;
    }
}

void distrust(KnownFailure& failure, Timestamp now) {
    if (isTooFarAhead(SharedTime::failedAt, failure.failedAt, now) ||
        isTooFarAhead(SharedTime::retryAt, failure.retryAt, now)) {
        failure.failedAt = failure.retryAt = {};
    }
}

void distrust(Demand& demand, Timestamp now) {
    demand.weight = std::min(demand.weight, static_cast<double>(demand.requests) * heaviest(now));
    for (const auto& [which, time] : {std::pair(SharedTime::firstAskedAt, &demand.firstAt),
                                      std::pair(SharedTime::lastAskedAt, &demand.lastAt),
                                      std::pair(SharedTime::wantedAt, &demand.wantedAt)}) {
        if (isTooFarAhead(which, *time, now)) {
            *time = now;
        }
    }
}

void distrust(UpstreamState& state, Timestamp now, const AheadLimits& limits) {
    if (isTooFarAhead(SharedTime::shutAt, state.shutAt, now) ||
        isTooFarAhead(SharedTime::shutUntil, state.shutUntil, now)) {
        state.shutAt = state.shutUntil = {};
    }
    if (isTooFarAhead(SharedTime::probeUntil, state.probeUntil, now, limits)) {
        state.probeUntil = {};
    }
    if (isTooFarAhead(SharedTime::suspendedAt, state.suspendedAt, now)) {
        state.suspendedAt = now;
    }
    if (isTooFarAhead(SharedTime::clearedAt, state.clearedAt, now)) {
        state.clearedAt = {};
    }
}

bool isBelieved(const KnownRtId& answer, Timestamp now, const AheadLimits& limits) {
    return !isTooFarAhead(SharedTime::rtIdCheckedAt, answer.checkedAt, now) &&
           !isTooFarAhead(SharedTime::rtIdExpiresAt, answer.expiresAt, now, limits);
}

}  // namespace rtbatch
