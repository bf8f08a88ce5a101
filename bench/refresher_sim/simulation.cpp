#include "bench/refresher_sim/simulation.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/refresh/budget.h"
#include "common/refresh/order.h"

namespace rtbatch::sim {

namespace {

using namespace std::chrono;

constexpr minutes kEvery{5};

/// What is cached of a title, and what is known of its demand.
struct Row {
    std::optional<Timestamp> cachedAt;
    Timestamp expiresAt{};
    std::int64_t scores = 0;
    int unchanged = 0;
    Demand demand{};
};

class Life {
public:
    Life(const WorldOptions& options, Policy policy, int pagesPerDay)
        : _world(options), _policy(policy), _pagesPerDay(pagesPerDay) {}

    Result run() {
        Timestamp nextRun = World::begin();
        for (Timestamp time = World::begin(); time < _world.end(); time += _world.betweenBatches()) {
            for (; nextRun <= time; nextRun += kEvery) {
                refresh(nextRun);
            }
            answer(_world.nextBatch(time), time);
        }
        return _result;
    }

private:
    bool measured(Timestamp time) const { return time >= _world.measuredFrom(); }

    Row& row(int title) {
        if (static_cast<std::size_t>(title) >= _rows.size()) {
            _rows.resize(static_cast<std::size_t>(title) + 1000);
        }
        return _rows[static_cast<std::size_t>(title)];
    }

    void answer(const std::vector<int>& batch, Timestamp time) {
        int misses = 0;
        const double weight = requestWeight(time);
        for (const int title : batch) {
            Row& one = row(title);
            if (one.demand.requests++ == 0) {
                one.demand.firstAt = time;
            }
            one.demand.weight += weight;
            one.demand.lastAt = time;
            if (!one.cachedAt || one.expiresAt <= time) {
                ++misses;
                scrape(title, time);
            }
        }
        if (measured(time)) {
            _result.answers += std::ssize(batch);
            _result.misses += misses;
            ++_result.batches;
            _result.waited += misses > 0 ? 1 : 0;
            ++_result.waitedWith[misses];
        }
    }

    void scrape(int title, Timestamp time) {
        Row& one = row(title);
        const Title& film = _world.title(title);
        if (one.cachedAt) {
            _byExpiry.erase({one.expiresAt, title});
        }
        const std::int64_t scores = film.scoresAt(time);
        one.unchanged = one.cachedAt && scores == one.scores ? one.unchanged + 1 : 0;
        one.scores = scores;
        one.cachedAt = time;
        one.expiresAt =
            time + lifetimeOf(_rules, film.id,
                              {.year = film.year, .released = film.released, .unchanged = one.unchanged},
                              time);
        _byExpiry.insert({one.expiresAt, title});
    }

    Candidate candidateOf(int title, Timestamp time) {
        const Row& one = row(title);
        const Title& film = _world.title(title);
        return {
            .id = film.id,
            .cachedAt = one.cachedAt,
            .expiresAt = one.expiresAt,
            .lifetime = meanLifetime(
                _rules, {.year = film.year, .released = film.released, .unchanged = one.unchanged + 1}, time),
            .demand = one.demand};
    }

    void refresh(Timestamp time) {
        const int budget = _policy == Policy::none ? 0 : budgetLeft(_pagesPerDay, _spent, time);
        if (budget == 0) {
            return;
        }
        const Timestamp horizon = time + 2 * kEvery - seconds(30);
        std::vector<int> due;
        for (auto next = _byExpiry.begin(); next != _byExpiry.end() && next->first < horizon; ++next) {
            due.push_back(next->second);  // the oldest first
        }
        if (_policy == Policy::mostPopular) {
            std::ranges::stable_sort(due, std::greater<>(),
                                     [&](int title) { return _world.title(title).popularity; });
        } else if (_policy == Policy::knownDemand) {
            std::ranges::stable_sort(due, std::greater<>(), [&](int title) {
                return _world.title(title).popularity *
                       static_cast<double>(candidateOf(title, time).lifetime.count());
            });
        } else if (_policy == Policy::ours) {
            due = inOurOrder(due, time, horizon);
        }
        due.resize(std::min(due.size(), static_cast<std::size_t>(budget)));
        for (const int title : due) {
            scrape(title, time);
        }
        std::erase_if(_spent, [&](const PagesSpent& run) { return run.at < time - days(2); });
        if (!due.empty()) {
            _spent.push_back({time, static_cast<int>(due.size())});
        }
        _result.pages += measured(time) ? std::ssize(due) : 0;
    }

    std::vector<int> inOurOrder(const std::vector<int>& due, Timestamp time, Timestamp horizon) {
        std::vector<Candidate> candidates;
        candidates.reserve(due.size());
        for (const int title : due) {
            candidates.push_back(candidateOf(title, time));
        }
        std::vector<int> order;
        const int first = std::stoi(_world.title(0).id.string().substr(2));
        for (const Ranked& ranked : inOrder(std::move(candidates), time, horizon)) {
            order.push_back(std::stoi(ranked.candidate.id.string().substr(2)) - first);
        }
        return order;
    }

    World _world;
    const Policy _policy;
    const int _pagesPerDay;
    const LifetimeRules _rules{};
    std::vector<Row> _rows;
    std::set<std::pair<Timestamp, int>> _byExpiry;
    std::vector<PagesSpent> _spent;
    Result _result;
};

}  // namespace

Result simulate(const WorldOptions& world, Policy policy, int pagesPerDay) {
    return Life(world, policy, pagesPerDay).run();
}

Result bestPossible(const Result& none, int days, int pagesPerDay) {
    Result best = none;
    const std::int64_t budget = static_cast<std::int64_t>(pagesPerDay) * days;
    best.pages = std::min(none.misses, budget);
    best.misses = none.misses - best.pages;
    best.waitedWith.clear();
    best.waited = 0;
    std::int64_t left = budget;
    for (const auto& [misses, batches] : none.waitedWith) {
        const std::int64_t saved = misses == 0 ? batches : std::min(batches, left / misses);
        left -= saved * misses;
        best.waited += batches - saved;
    }
    return best;
}

}  // namespace rtbatch::sim
