#include "bench/refresher_sim/simulation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "common/model/lifetime.h"
#include "common/refresh/budget.h"
#include "common/refresh/order.h"

namespace rtbatch::sim {

namespace {

using namespace std::chrono;

/// What a run may take: what expires until the next one has ended is due.
constexpr seconds kRunTakes{270};

/// Before all times: not cached.
constexpr Timestamp kNever{};

int digitsOf(const ImdbId& id) {
    int number = 0;
    const std::string_view text = id.text().substr(2);
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// What is cached of a title, and what is known of its demand. When it expires is kept apart.
struct Row {
    Timestamp cachedAt = kNever;
    std::int64_t scores = 0;
    int unchanged = 0;
    Demand demand{};
};

class Life {
public:
    Life(const World& world, const RefresherOptions& options)
        : _world(world),
          _options(options),
          _rows(world.titles().size()),
          _expiresAt(world.titles().size(), kNever) {}

    Result run() {
        Timestamp nextRun = World::begin();
        for (std::size_t i = 0; i < _world.batches(); ++i) {
            const Timestamp time = _world.timeOf(i);
            for (; nextRun <= time; nextRun += _options.every) {
                refresh(nextRun);
            }
            answer(_world.batch(i), time);
        }
        return _result;
    }

private:
    bool measured(Timestamp time) const { return time >= _world.measuredFrom(); }
    Row& row(std::int32_t title) { return _rows[static_cast<std::size_t>(title)]; }
    Timestamp& expiresAt(std::int32_t title) { return _expiresAt[static_cast<std::size_t>(title)]; }

    void answer(std::span<const std::int32_t> batch, Timestamp time) {
        int misses = 0;
        bool missing = false;
        bool dayOld = false;
        const double weight = requestWeight(time);
        for (const std::int32_t title : batch) {
            Demand& demand = row(title).demand;
            if (demand.requests++ == 0) {
                demand.firstAt = time;
            }
            demand.weight += weight;
            demand.lastAt = time;
            if (expiresAt(title) <= time) {
                ++misses;
                missing = missing || expiresAt(title) == kNever;
                dayOld = dayOld || expiresAt(title) < time - days(1);
                scrape(title, time);
            }
        }
        if (measured(time)) {
            _result.answers += std::ssize(batch);
            _result.misses += misses;
            ++_result.batches;
            _result.waited += misses > 0 ? 1 : 0;
            _result.waitedMaxStale += missing ? 1 : 0;
            _result.waitedMaxStaleDay += missing || dayOld ? 1 : 0;
            ++_result.waitedWith[misses];
        }
    }

    void scrape(std::int32_t title, Timestamp time) {
        Row& one = row(title);
        const Title& film = _world.title(title);
        const std::int64_t scores = film.scoresAt(time);
        one.unchanged = one.cachedAt != kNever && scores == one.scores ? one.unchanged + 1 : 0;
        one.scores = scores;
        one.cachedAt = time;
        expiresAt(title) = time + lifetimeOf(_rules, film.id, factsOf(title, one.unchanged), time);
    }

    LifetimeFacts factsOf(std::int32_t title, int unchanged) const {
        const Title& film = _world.title(title);
        return {.year = film.year, .released = film.released, .unchanged = unchanged};
    }

    milliseconds nextLifetime(std::int32_t title, Timestamp time) {
        return meanLifetime(_rules, factsOf(title, row(title).unchanged + 1), time);
    }

    void refresh(Timestamp time) {
        const int budget =
            _options.policy == Policy::none ? 0 : budgetLeft(_options.pagesPerDay, _spent, time);
        if (budget == 0) {
            return;
        }
        const Timestamp horizon = time + _options.every + kRunTakes;
        std::vector<std::int32_t> due = inOrderOfPolicy(findDue(horizon), time, horizon);
        due.resize(std::min(due.size(), static_cast<std::size_t>(budget)));
        for (const std::int32_t title : due) {
            scrape(title, time);
        }
        std::erase_if(_spent, [&](const PagesSpent& run) { return run.at < time - days(2); });
        if (!due.empty()) {
            _spent.push_back({time, static_cast<int>(due.size())});
        }
        _result.pages += measured(time) ? std::ssize(due) : 0;
    }

    std::vector<std::int32_t> findDue(Timestamp horizon) {
        std::vector<std::int32_t> due;
        for (std::size_t i = 0; i < _expiresAt.size(); ++i) {
            if (_expiresAt[i] < horizon && _expiresAt[i] != kNever) {
                due.push_back(static_cast<std::int32_t>(i));
            }
        }
        return due;
    }

    std::vector<std::int32_t> inOrderOfPolicy(std::vector<std::int32_t> due, Timestamp time,
                                              Timestamp horizon) {
        const auto most = [&due](auto&& key) { std::ranges::stable_sort(due, std::greater<>(), key); };
        switch (_options.policy) {
            case Policy::none:
                break;
            case Policy::oldest:
                std::ranges::stable_sort(due, std::less<>(),
                                         [this](std::int32_t title) { return expiresAt(title); });
                break;
            case Policy::mostPopular:
                most([&](std::int32_t title) { return _world.title(title).popularityAt(time); });
                break;
            case Policy::knownDemand:
                most([&](std::int32_t title) {
                    return _world.title(title).popularityAt(time) *
                           static_cast<double>(nextLifetime(title, time).count());
                });
                break;
            case Policy::ours:
                if (due.size() > _options.mostDue) {
                    std::ranges::nth_element(due, due.begin() + static_cast<std::ptrdiff_t>(_options.mostDue),
                                             std::greater<>(),
                                             [this](std::int32_t title) { return row(title).demand.weight; });
                    due.resize(_options.mostDue);
                }
                return inOurOrder(due, time, horizon);
        }
        return due;
    }

    std::vector<std::int32_t> inOurOrder(const std::vector<std::int32_t>& due, Timestamp time,
                                         Timestamp horizon) {
        std::vector<Candidate> candidates;
        candidates.reserve(due.size());
        for (const std::int32_t title : due) {
            candidates.push_back({.id = _world.title(title).id,
                                  .cachedAt = row(title).cachedAt,
                                  .expiresAt = expiresAt(title),
                                  .lifetime = nextLifetime(title, time),
                                  .demand = row(title).demand});
        }
        std::vector<std::int32_t> order;
        const int first = digitsOf(_world.title(0).id);
        for (const Ranked& ranked : inOrder(candidates, time, horizon)) {
            order.push_back(digitsOf(ranked.candidate.id) - first);
        }
        return order;
    }

    const World& _world;
    const RefresherOptions _options;
    const LifetimeRules _rules{};
    std::vector<Row> _rows;
    std::vector<Timestamp> _expiresAt;
    std::vector<PagesSpent> _spent;
    Result _result;
};

}  // namespace

Result simulate(const World& world, const RefresherOptions& options) {
    return Life(world, options).run();
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

Result bestApart(const Result& none, int days, int pagesPerDay) {
    Result best = bestPossible(none, days, pagesPerDay);
    const double chance =
        none.misses == 0 ? 1 : static_cast<double>(best.pages) / static_cast<double>(none.misses);
    double spared = 0;
    for (const auto& [misses, batches] : none.waitedWith) {
        spared += static_cast<double>(batches) * std::pow(chance, misses);
    }
    best.waited = none.batches - std::llround(spared);
    return best;
}

}  // namespace rtbatch::sim
