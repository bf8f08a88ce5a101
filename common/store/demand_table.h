#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/model/demand.h"
#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// How often a movie was asked for in a short while.
struct Asked {
    ImdbId id;
    std::int64_t times;
};

/// How movies of batches were answered.
struct ServedCounts {
    std::int64_t cached = 0;  ///< fresh
    std::int64_t stale = 0;
    std::int64_t fetched = 0;
    std::int64_t notFound = 0;
    std::int64_t failed = 0;

    bool operator==(const ServedCounts&) const = default;
};

/// The tables `demand` and `served`: what was asked for, and how it was answered. Every call throws
/// StoreError. A call whose connection dies may count twice, for it is tried again: these are estimates.
class DemandTable {
public:
    explicit DemandTable(Store& store) : _store(store) {}

    /// Adds requests at `time`, in one statement. At most kMostInAStatement, distinct.
    void add(std::span<const Asked> asked, Timestamp time);
    static constexpr std::size_t kMostInAStatement = 5000;

    /// Adds to the period of 5 minutes that `time` is in.
    void addServed(const ServedCounts& counts, Timestamp time);

    /// Deletes periods that began before.
    void purgeServed(Timestamp before);

private:
    Store& _store;
};

}  // namespace rtbatch
