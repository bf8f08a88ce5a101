#pragma once

#include <vector>

#include "common/model/lifetime.h"
#include "common/model/timestamp.h"
#include "common/refresh/budget.h"
#include "common/refresh/order.h"
#include "common/store/refresh_table.h"

namespace rtbatch {

// What the tables say, as the order and the budget take it: the same for the refresher that spends pages and
// for the tool that shows what it would do.

/// A movie of the tables as a candidate. The lifetime that a page now would give is foretold from the row:
/// most pages say what they said.
Candidate candidateOf(const DueMovie& movie, const LifetimeRules& rules, Timestamp now);

/// What counts for the budget at `now`. Throws StoreError.
std::vector<PagesSpent> pagesSpent(RefreshTable& table, Timestamp now);

}  // namespace rtbatch
