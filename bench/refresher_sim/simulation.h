#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/refresher_sim/world.h"

namespace rtbatch::sim {

/// In which order due rows get their pages.
enum class Policy {
    none,         ///< no refresher
    oldest,       ///< expired longest ago first
    mostPopular,  ///< the true popularity, which no program knows
    ours,         ///< common/refresh
    knownDemand,  ///< ours, were the demand known and not guessed from the requests
};

/// What came of it, over the measured days.
struct Result {
    std::int64_t answers = 0;
    std::int64_t misses = 0;
    std::int64_t batches = 0;
    std::int64_t waited = 0;  ///< batches with a miss
    std::int64_t pages = 0;   ///< of the refresher; each miss is a page of the handler's besides
    std::map<int, std::int64_t> waitedWith{};  ///< how many batches had so many misses

    double cached() const { return 1 - static_cast<double>(misses) / static_cast<double>(answers); }
    double waiting() const { return static_cast<double>(waited) / static_cast<double>(batches); }
};

/// Lives through the world's days with that policy: every batch is answered from the cache, a miss is fetched
/// at once as the handler does, and every 5 minutes the refresher spends what its budget allows. Order,
/// budget, lifetimes and demand are the real ones.
Result simulate(const WorldOptions& world, Policy policy, int pagesPerDay);

/// What somebody could do who knows the future, from the world without a refresher. To renew a row just
/// before the request that would miss it costs one page, saves that one miss, and leaves everything after as
/// the miss would have; and no page can save more than one miss, for fetching only when asked is what needs
/// the fewest pages. So for answers this is the best possible, were the budget spent whenever it is wanted.
/// For batches it is the best of those that renew just in time: those first that need the fewest pages.
Result bestPossible(const Result& none, int days, int pagesPerDay);

}  // namespace rtbatch::sim
