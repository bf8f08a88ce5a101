#include "refresher/plan.h"

#include "common/model/lifetime.h"
#include "common/refresh/budget.h"
#include "common/refresh/candidate.h"
#include "common/store/refresh_table.h"

namespace rtbatch {

namespace {

/// Of what is due, so many are looked at: the most demanded, and the first of those that are marked.
constexpr int kMostDue = 50000;

}  // namespace

Wanted Plan::wanted(const Ranked& ranked) const {
    const auto rtId = rtIds.find(ranked.candidate.id);
    return {.id = ranked.candidate.id,
            .rtId = rtId == rtIds.end() ? std::nullopt : std::optional(rtId->second),
            .freshUntil = horizon};
}

Plan makePlan(Store& store, const Config& config, std::chrono::milliseconds maxTime) {
    Plan plan;
    plan.madeAt = store.time();
    plan.horizon = plan.madeAt + config.refresherEvery + maxTime;
    RefreshTable table(store);
    plan.budget = budgetLeft(config.refresherPagesPerDay, pagesSpent(table, plan.madeAt), plan.madeAt);

    const LifetimeRules rules{config.cacheTtl, config.cacheNewTtl};
    std::vector<Candidate> candidates;
    for (const DueMovie& movie : table.findDue(plan.madeAt, plan.horizon, kMostDue)) {
        candidates.push_back(candidateOf(movie, rules, plan.madeAt));
        auto rtId = movie.row ? RtId::parse(movie.row->rtId) : movie.rtId;
        if (rtId) {
            plan.rtIds.emplace(movie.id, *std::move(rtId));
        }
    }
    plan.due = inOrder(candidates, plan.madeAt, plan.horizon);
    return plan;
}

}  // namespace rtbatch
