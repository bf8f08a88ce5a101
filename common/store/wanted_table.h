#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// After so long a mark no longer counts.
constexpr std::chrono::days kMarkLasts{90};

/// The marks in `demand`: which movies should be warm, whether or not anybody has asked for them, and how
/// much each is wanted. Safe from any thread; every call throws StoreError.
class WantedTable {
public:
    explicit WantedTable(Store& store) : _store(store) {}

    /// Marks `ids`, the first with `firstPlace` and each with the place after the one before. A mark that is
    /// better (its place smaller) and still counts stays as it is, with its own age: a movie that was the
    /// most wanted of last year's list must not be that for ever. What is counted of requests is not touched.
    /// 500 ids a statement.
    void mark(std::span<const ImdbId> ids, std::int64_t firstPlace, Timestamp time);

    /// How many of `ids`, each there once, have a row that is fresh at `time`.
    std::size_t countWarm(std::span<const ImdbId> ids, Timestamp time);

private:
    Store& _store;
};

}  // namespace rtbatch
