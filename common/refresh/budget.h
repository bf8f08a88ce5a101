#pragma once

#include <span>

#include "common/model/timestamp.h"

namespace rtbatch {

/// Pages that a run of the refresher asked for.
struct PagesSpent {
    Timestamp at;
    int pages;
};

/// How many pages the refresher may ask for now: never more than `pagesPerDay` in any 24 hours, and spread
/// over the day, so that a long list of what should be warm does not take the pages that rows need which
/// expire tonight. `spent`: its runs of the last two days, in any order. It is all the state there is, so a
/// killed run costs nothing.
int budgetLeft(int pagesPerDay, std::span<const PagesSpent> spent, Timestamp now);

}  // namespace rtbatch
