#include "bench/refresher_sim/world.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace rtbatch::sim {

namespace {

using namespace std::chrono;

constexpr int kFirstId = 10'000'000;
constexpr int kThisYear = 2026;

/// How the titles that are there at the beginning are spread over the years: this year, the two before,
/// older.
constexpr double kThisYears = 0.10;
constexpr double kRecent = 0.25;

/// How often scores change: daily while a film is new, then every two weeks; an old film's every month to
/// every two years, each film as it is.
constexpr days kNew{90};
constexpr days kYoung{730};
constexpr minutes kNewChanges = days(1);
constexpr minutes kYoungChanges = days(14);
constexpr double kOldLeastDays = 30;
constexpr double kOldMostDays = 720;

}  // namespace

std::int64_t Title::scoresAt(Timestamp time) const {
    const auto age = time - Timestamp(released);
    const minutes every = age < kNew ? kNewChanges : age < kYoung ? kYoungChanges : changesEvery;
    // Numbers of different ages must not meet.
    const std::int64_t epoch = age < kNew ? 0 : age < kYoung ? 1'000'000'000 : 2'000'000'000;
    return epoch + (duration_cast<minutes>(time.time_since_epoch()) + phase) / every;
}

World::World(const WorldOptions& options) : _options(options), _random(options.seed) {
    const auto count = static_cast<std::size_t>(options.titles);
    double sum = 0;
    for (std::size_t place = 0; place < count; ++place) {
        sum += 1.0 / static_cast<double>(place + 1);
        _cumulated.push_back(sum);
    }
    _atPlace.resize(count);
    for (std::size_t place = 0; place < count; ++place) {
        addTitle(place, begin(), true);
    }
    _replaceAt = begin();
}

Timestamp World::begin() {
    return sys_days{year(kThisYear) / 7 / 1};
}

milliseconds World::betweenBatches() const {
    return milliseconds(days(1)) * _options.batchSize / _options.requestsPerDay;
}

void World::addTitle(std::size_t place, Timestamp time, bool atBegin) {
    std::uniform_real_distribution<double> unit(0, 1);
    const auto today = floor<days>(time);
    const double kind = unit(_random);
    sys_days released = today;
    if (atBegin ? kind < kThisYears : false) {
        released = today - days(static_cast<int>(unit(_random) * 180));
    } else if (!atBegin && kind < _options.justReleased) {
        released = today;
    } else if (kind < kThisYears + kRecent) {
        released = today - days(200 + static_cast<int>(unit(_random) * 700));
    } else {
        released = today - days(1000 + static_cast<int>(unit(_random) * 20000));
    }
    const double logDays = std::log(kOldLeastDays) + unit(_random) * std::log(kOldMostDays / kOldLeastDays);
    const auto every = minutes(static_cast<int>(std::exp(logDays) * 24 * 60));
    const auto id = ImdbId::parse("tt" + std::to_string(kFirstId + titles()));
    _titles.push_back({.id = *id,
                       .year = static_cast<int>(year_month_day(released).year()),
                       .released = released,
                       .changesEvery = every,
                       .phase = minutes(static_cast<int>(unit(_random) * static_cast<double>(every.count()))),
                       .popularity = 1.0 / static_cast<double>(place + 1) / _cumulated.back()});
    _atPlace[place] = titles() - 1;
}

const std::vector<int>& World::nextBatch(Timestamp time) {
    const double perDay = _options.newPerWeek / 7 * _options.titles;
    while (perDay > 0 && _replaceAt <= time) {
        std::uniform_int_distribution<std::size_t> place(0, _atPlace.size() - 1);
        addTitle(place(_random), _replaceAt, false);
        _replaceAt += milliseconds(static_cast<std::int64_t>(milliseconds(days(1)).count() / perDay));
    }
    std::uniform_real_distribution<double> point(0, _cumulated.back());
    _batch.clear();
    while (std::ssize(_batch) < _options.batchSize) {
        const auto place = std::ranges::upper_bound(_cumulated, point(_random)) - _cumulated.begin();
        const int title = _atPlace[std::min(static_cast<std::size_t>(place), _atPlace.size() - 1)];
        if (std::ranges::find(_batch, title) == _batch.end()) {
            _batch.push_back(title);
        }
    }
    return _batch;
}

}  // namespace rtbatch::sim
