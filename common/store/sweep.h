#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// Deletes rows that nothing reads any more, from tables that nothing else shortens. Each call deletes some
/// at most, so that no statement holds locks for long, and says how many. Every call throws StoreError.
class Sweep {
public:
    explicit Sweep(Store& store) : _store(store) {}

    /// At most this many in one call.
    static constexpr int kAtOnce = 5000;

    /// Answers of Wikidata that it knows no page, which expired before then: whoever asks for ids that there
    /// are not leaves one for each.
    std::size_t absences(Timestamp before);

    /// Counts of keys' requests in the hours before the one that `before` is in.
    std::size_t usage(Timestamp before);

    /// Leases that ended so long ago by the database's clock: of processes that were killed.
    std::size_t leases(std::chrono::milliseconds endedFor);

private:
    std::size_t run(const std::string& table, const std::string& key, const std::string& condition,
                    std::int64_t bound);

    Store& _store;
};

}  // namespace rtbatch
