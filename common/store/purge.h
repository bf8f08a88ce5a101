#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// Rows that concern some movies, by table.
struct MovieRows {
    std::size_t cached = 0;    ///< rt_cache
    std::size_t demand = 0;    ///< demand
    std::size_t failures = 0;  ///< rt_failure
    std::size_t pages = 0;     ///< rt_scrape
    std::size_t rtIds = 0;     ///< rt_id

    std::size_t all() const { return cached + demand + failures + pages + rtIds; }
    MovieRows& operator+=(const MovieRows& other);

    bool operator==(const MovieRows&) const = default;
};

/// Deletes what is known of movies. Works on a few movies at a time, so that no statement holds locks for
/// long; what is cut short is done by the next call. Every call throws StoreError.
class Purge {
public:
    explicit Purge(Store& store) : _store(store) {}

    /// At most this many movies in one call.
    static constexpr std::size_t kAtOnce = 200;

    /// Movies that nobody has asked for since `before`, nor put on a list of what should be warm; those that
    /// were never asked for, if they were cached or failed before then. In the order of their ids, those
    /// after `after`; at most kAtOnce, and none only when there are no more.
    std::vector<ImdbId> unused(Timestamp before, const ImdbId* after);

    /// The rows of `ids` (at most kAtOnce); those of rt_id only with `rtIds`: that is Wikidata's word, and
    /// not wrong for being unused.
    MovieRows count(std::span<const ImdbId> ids, bool rtIds);

    /// Deletes them, and says how many.
    MovieRows remove(std::span<const ImdbId> ids, bool rtIds);

private:
    Store& _store;
};

}  // namespace rtbatch
