#include "refresher/plan.h"

#include "common/model/lifetime.h"
#include "common/refresh/budget.h"
#include "common/store/refresh_table.h"

namespace rtbatch {

namespace {

/// Of what is due, so many are looked at: the most demanded.
constexpr int kMostDue = 50000;

/// How far back runs count for the budget.
constexpr std::chrono::hours kBudgetWindow{48};

Candidate candidateOf(const DueMovie& movie, const LifetimeRules& rules, Timestamp time) {
    Candidate candidate{.id = movie.id, .demand = movie.demand};
    LifetimeFacts facts{.year = movie.year};
    if (movie.row) {
        candidate.cachedAt = movie.row->cachedAt;
        candidate.expiresAt = movie.row->expiresAt;
        facts.released = movie.row->released;
        facts.unchanged = movie.row->unchanged + 1;  // most pages say what they said
    }
    candidate.lifetime = lifetimeOf(rules, movie.id, facts, time);
    return candidate;
}

}  // namespace

Wanted Plan::wanted(const Ranked& ranked) const {
    const auto rtId = rtIds.find(ranked.candidate.id);
    return {.id = ranked.candidate.id,
            .rtId = rtId == rtIds.end() ? std::nullopt : std::optional(rtId->second),
            .freshUntil = horizon};
}

Plan makePlan(Store& store, const Config& config, std::chrono::milliseconds maxTime) {
    Plan plan;
    plan.madeAt = now();
    plan.horizon = plan.madeAt + config.refresherEvery + maxTime;
    RefreshTable table(store);
    std::vector<PagesSpent> spent;
    for (const RefreshRun& run : table.runsSince(plan.madeAt - kBudgetWindow)) {
        spent.push_back({run.startedAt, static_cast<int>(run.pages)});
    }
    plan.budget = budgetLeft(config.refresherPagesPerDay, spent, plan.madeAt);

    const LifetimeRules rules{config.cacheTtl, config.cacheNewTtl};
    std::vector<Candidate> candidates;
    for (const DueMovie& movie : table.findDue(plan.madeAt, plan.horizon, kMostDue)) {
        candidates.push_back(candidateOf(movie, rules, plan.madeAt));
        auto rtId = movie.row ? RtId::parse(movie.row->rtId) : movie.rtId;
        if (rtId) {
            plan.rtIds.emplace(movie.id, *std::move(rtId));
        }
    }
    plan.due = inOrder(std::move(candidates), plan.madeAt, plan.horizon);
    return plan;
}

}  // namespace rtbatch
