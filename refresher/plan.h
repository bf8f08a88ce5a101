#pragma once

#include <chrono>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/config/config.h"
#include "common/fetch/fetcher.h"
#include "common/model/timestamp.h"
#include "common/refresh/order.h"
#include "common/store/store.h"

namespace rtbatch {

/// What a run of the refresher may spend, and on what.
struct Plan {
    Timestamp madeAt{};
    Timestamp horizon{};                       ///< rows that expire before are renewed
    int budget = 0;                            ///< pages that the day still allows
    std::vector<Ranked> due{};                 ///< in the order in which pages are spent
    std::unordered_map<ImdbId, RtId> rtIds{};  ///< of those, where they are known

    Wanted wanted(const Ranked& ranked) const;
};

/// Reads what is due. `maxTime` is how long the run may take: what expires while the next one is on its way
/// is due, too. Throws StoreError.
Plan makePlan(Store& store, const Config& config, std::chrono::milliseconds maxTime);

}  // namespace rtbatch
