#include "common/refresh/candidate.h"

namespace rtbatch {

namespace {

/// How far back runs count for the budget.
constexpr std::chrono::hours kBudgetWindow{48};

}  // namespace

Candidate candidateOf(const DueMovie& movie, const LifetimeRules& rules, Timestamp now) {
    Candidate candidate{.id = movie.id, .demand = movie.demand};
    LifetimeFacts facts{.year = movie.year};
    if (movie.row) {
        candidate.cachedAt = movie.row->cachedAt;
        candidate.expiresAt = movie.row->expiresAt;
        facts.released = movie.row->released;
        facts.unchanged = movie.row->unchanged + 1;
    }
    candidate.lifetime = meanLifetime(rules, facts, now);
    return candidate;
}

std::vector<PagesSpent> pagesSpent(RefreshTable& table, Timestamp now) {
    std::vector<PagesSpent> spent;
    for (const RefreshRun& run : table.runsSince(now - kBudgetWindow)) {
        spent.push_back({run.startedAt, static_cast<int>(run.pages)});
    }
    return spent;
}

}  // namespace rtbatch
