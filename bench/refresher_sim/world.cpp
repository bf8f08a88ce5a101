#include "bench/refresher_sim/world.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
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
    if (options.batchSize < 1 || options.titles < 2 * options.batchSize ||
        options.requestsPerDay < options.batchSize) {
        throw std::invalid_argument("a world needs twice as many titles as a batch has, and a batch a day");
    }
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
    const double newPerDay = options.newPerWeek / 7 * options.titles;
    const auto between =
        newPerDay > 0 ? duration_cast<milliseconds>(days(1) / newPerDay) : milliseconds::max();
    Timestamp replaceAt = newPerDay > 0 ? begin() : Title::kForEver;
    for (std::size_t i = 0; timeOf(i) < end(); ++i) {
        for (; replaceAt <= timeOf(i); replaceAt += between) {
            std::uniform_int_distribution<std::size_t> place(0, _atPlace.size() - 1);
            addTitle(place(_random), replaceAt, false);
        }
        addBatch();
    }
}

Timestamp World::begin() {
    return sys_days{year(kThisYear) / 7 / 1};
}

Timestamp World::timeOf(std::size_t batch) const {
    return begin() + milliseconds(days(1)) * static_cast<std::int64_t>(batch) * _options.batchSize /
                         _options.requestsPerDay;
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
    const auto number = static_cast<std::int32_t>(_titles.size());
    const auto id = ImdbId::parse("tt" + std::to_string(kFirstId + number));
    if (!atBegin) {
        _titles[static_cast<std::size_t>(_atPlace[place])].until = time;
    }
    _titles.push_back({.id = *id,
                       .year = static_cast<int>(year_month_day(released).year()),
                       .released = released,
                       .changesEvery = every,
                       .phase = minutes(static_cast<int>(unit(_random) * static_cast<double>(every.count()))),
                       .popularity = 1.0 / static_cast<double>(place + 1) / _cumulated.back()});
    _atPlace[place] = number;
}

void World::addBatch() {
    std::uniform_real_distribution<double> point(0, _cumulated.back());
    const auto first = _requests.size();
    while (_requests.size() < first + batchSize()) {
        const auto place = std::ranges::upper_bound(_cumulated, point(_random)) - _cumulated.begin();
        const std::int32_t title = _atPlace[std::min(static_cast<std::size_t>(place), _atPlace.size() - 1)];
        if (std::find(_requests.begin() + static_cast<std::ptrdiff_t>(first), _requests.end(), title) ==
            _requests.end()) {
            _requests.push_back(title);
        }
    }
}

}  // namespace rtbatch::sim
