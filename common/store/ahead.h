#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "common/model/timestamp.h"
#include "common/store/database_url.h"

namespace rtbatch {

struct CachedMovie;
struct Demand;
struct KnownFailure;
struct KnownRtId;
struct StoredMovie;
struct UpstreamState;

// How far ahead of the database's clock the times in the shared tables may lie. What lies further was written
// while a clock was wrong, and is not believed: or it would hold for as long as that clock was ahead. These
// rules are the same for whoever reads the tables, for `rtbatch-admin doctor`, which counts such rows, and
// for `rtbatch-admin repair`, which mends them.

/// The nodes of a cluster and the processes' estimates may differ by so much.
constexpr std::chrono::minutes kClockTolerance{1};

/// What depends on the settings.
struct AheadLimits {
    std::chrono::milliseconds row = std::chrono::days(33);       ///< from a page to its row's end
    std::chrono::milliseconds rtId = std::chrono::days(99);      ///< from Wikidata's answer to its end
    std::chrono::milliseconds probe = std::chrono::seconds(25);  ///< from a probe to when it is given up
};

/// The times that are held to a rule.
enum class SharedTime {
    cachedAt,
    expiresAt,
    suspectAt,  ///< whether it is believed decides nothing but itself, so it has no SharedColumn
    rtIdCheckedAt,
    rtIdExpiresAt,
    failedAt,
    retryAt,
    leaseTakenAt,
    shutAt,
    shutUntil,
    probeUntil,
    suspendedAt,
    clearedAt,
    scrapedAt,
    firstAskedAt,
    lastAskedAt,
    wantedAt,
    servedSince,
    runStartedAt,
    syncStartedAt,
    usageHour,
};

/// Where one stands.
struct SharedColumn {
    SharedTime time;
    std::string_view table;
    std::string_view column;
};

/// All of them, those of a table one after the other.
std::span<const SharedColumn> sharedColumns();

/// The latest value that is believed when it is `now` at the database.
Timestamp latestBelieved(SharedTime which, Timestamp now, const AheadLimits& limits = {});

inline bool isTooFarAhead(SharedTime which, Timestamp time, Timestamp now, const AheadLimits& limits = {}) {
    return time > latestBelieved(which, now, limits);
}

/// The same as an SQL condition on a row of `table`, over all its times, in brackets. `name` is the table's
/// name in the statement.
std::string aheadSql(std::string_view table, const std::string& name, Timestamp now,
                     const AheadLimits& limits = {});

/// A row's `demand.weight` as far as it is believed: not more than its requests would weigh now. `name` as
/// above.
std::string weightSql(Dialect dialect, const std::string& name, Timestamp now);

// What is read of a row of which not all is believed.

/// It has expired, so that it is renewed; and is still there for when that fails.
void distrust(CachedMovie& row, Timestamp now, const AheadLimits& limits);

/// The same. A gap that was first seen in the future is as if seen now.
void distrust(StoredMovie& row, Timestamp now, const AheadLimits& limits);

/// The movie may be tried again.
void distrust(KnownFailure& failure, Timestamp now);

/// Requests and marks of the future count as of now.
void distrust(Demand& demand, Timestamp now);

/// Nothing is left alone or waited for until then. A breaker that is open stays so, and the next request
/// probes; pages that are not believed stay so, since now, until one reads.
void distrust(UpstreamState& state, Timestamp now, const AheadLimits& limits);

/// An answer that is not believed is none.
bool isBelieved(const KnownRtId& answer, Timestamp now, const AheadLimits& limits);

}  // namespace rtbatch
