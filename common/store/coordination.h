#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// A row of `lease`: a claim that has not necessarily ended.
struct LeaseRow {
    std::string name;
    std::string owner;
    Timestamp acquiredAt;
    Timestamp expiresAt;
};

/// Which lease, and whose.
struct LeaseName {
    std::string name;
    std::string owner;
};

/// Leases, and the moment at the database for which they are true. Only its clock counts, for those of the
/// hosts differ.
struct LeaseView {
    Timestamp time;
    std::vector<LeaseRow> leases{};
};

/// A row of `upstream_state`: whether an upstream wants to be left alone. See BreakerState for its rules.
struct UpstreamState {
    int failures = 0;
    int forbidden = 0;
    bool open = false;
    std::chrono::milliseconds nextOpening{30000};
    Timestamp shutAt{};
    Timestamp shutUntil{};
    Timestamp probeUntil{};
    std::int64_t version = 0;  ///< of the row, so that nobody writes over what he has not read
    /// Since when its pages are not believed, for they lost facts or cannot be read; zero: they are.
    Timestamp suspendedAt{};
    Timestamp clearedAt{};         ///< pages from before then no longer count against it
    int redirected = 0;            ///< requests in a row, for different pages, that were redirected away
    std::string redirectedPage{};  ///< the last of those pages

    bool operator==(const UpstreamState&) const = default;
};

/// All that concerns an upstream's slots, read at once.
struct UpstreamView {
    UpstreamState state;
    LeaseView slots{};  ///< and the places in the line for them
    int ended = 0;      ///< rows of leases that have ended, which processes left that were killed
};

/// A row of `rt_failure`.
struct KnownFailure {
    ImdbId imdbId;
    std::string message;
    Timestamp failedAt;
    Timestamp retryAt;
};

}  // namespace rtbatch
