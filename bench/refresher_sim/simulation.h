#pragma once

#include <chrono>
#include <cstdint>
#include <map>

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

/// How the refresher is run.
struct RefresherOptions {
    Policy policy = Policy::ours;
    int pagesPerDay = 2000;
    std::chrono::minutes every{5};
    std::size_t mostDue =
        50000;  ///< of the due, so many are looked at: the most demanded, as the program does
};

/// What came of it, over the measured days.
struct Result {
    std::int64_t answers = 0;
    std::int64_t misses = 0;
    std::int64_t batches = 0;
    std::int64_t waited = 0;  ///< batches with a miss
    /// Of them, those that would have waited too had all asked with max-stale: a film had no row at all, or
    /// one that expired over a day ago (max-stale=86400).
    std::int64_t waitedMaxStale = 0;
    std::int64_t waitedMaxStaleDay = 0;
    std::int64_t pages = 0;  ///< of the refresher; each miss is a page of the handler's besides
    std::map<int, std::int64_t> waitedWith{};  ///< how many batches had so many misses

    double cached() const { return 1 - static_cast<double>(misses) / static_cast<double>(answers); }
    double waiting() const { return ofBatches(waited); }
    double ofBatches(std::int64_t some) const {
        return static_cast<double>(some) / static_cast<double>(batches);
    }
};

/// Lives through the world's days: every batch is answered from the cache, a miss is fetched at once as the
/// handler does (with max-stale behind the answer, so that rows are the same), and the refresher spends what
/// its budget allows at each run. Order, budget, lifetimes and demand are the real ones.
Result simulate(const World& world, const RefresherOptions& options);

/// What somebody could do who knows the future, from the world without a refresher. To renew a row just
/// before the request that would miss it costs one page, saves that one miss, and leaves everything after as
/// the miss would have; and no page can save more than one miss, for fetching only when asked is what needs
/// the fewest pages. So for answers this is a bound, reached were the budget spent whenever it is wanted.
/// For batches it is the best of those that renew just in time: those first that need the fewest pages. Who
/// renews earlier moves later misses about, and might make them meet in fewer batches: it is no bound for
/// that.
Result bestPossible(const Result& none, int days, int pagesPerDay);

/// The same for somebody who knows each film's next request, and not which films are asked for together: any
/// of the misses are saved, so that a batch with k of them is spared with the k-th power of a miss's chance.
Result bestApart(const Result& none, int days, int pagesPerDay);

}  // namespace rtbatch::sim
