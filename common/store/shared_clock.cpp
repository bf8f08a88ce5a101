#include "common/store/shared_clock.h"

#include <algorithm>

namespace rtbatch {

namespace {

constexpr std::chrono::seconds kMeasuredEvery{10};

/// The database's time comes in whole milliseconds, cut or rounded.
constexpr std::chrono::milliseconds kGrain{1};

}  // namespace

std::optional<Timestamp> SharedClock::timeAt(Steady::time_point when) const {
    const std::scoped_lock lock(_mutex);
    if (!_ahead) {
        return std::nullopt;
    }
    return Timestamp(
        std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch() + *_ahead));
}

bool SharedClock::isDue() const {
    const std::scoped_lock lock(_mutex);
    return !_ahead || Steady::now() >= _measuredAt + kMeasuredEvery;
}

void SharedClock::measured(Timestamp theirs, Steady::time_point asked, Steady::time_point answered) {
    const Steady::duration least = theirs.time_since_epoch() - kGrain - answered.time_since_epoch();
    const Steady::duration most = theirs.time_since_epoch() + kGrain - asked.time_since_epoch();
    const std::scoped_lock lock(_mutex);
    _ahead = _ahead ? std::clamp(*_ahead, least, most) : least + (most - least) / 2;
    _measuredAt = answered;
}

}  // namespace rtbatch
