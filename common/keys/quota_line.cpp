#include "common/keys/quota_line.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// What is reserved should last so long, so that a thread that looks every second is early enough.
constexpr double kAheadSeconds = 2;

/// Of what is left, this part at most is reserved ahead.
constexpr std::int64_t kPart = 8;

double perSecond(std::int64_t requests, std::chrono::milliseconds span) {
    return static_cast<double>(requests) / std::chrono::duration<double>(span).count();
}

}  // namespace

std::int64_t QuotaLine::turn(std::int64_t hour) {
    const std::int64_t unspent = std::exchange(_reserved, 0);
    _hour = hour;
    _low = 0;
    _used = 0;
    _begun = _looked = _empty = false;
    return unspent;
}

void QuotaLine::ask(std::int64_t limit) {
    _limit = limit;
    ++_asked;
}

QuotaLine::Answer QuotaLine::take() {
    if (_reserved > 0) {
        --_reserved;
        _urgent = _urgent || (_low > 0 && _reserved == _low);
        return Answer::admitted;
    }
    if (!std::exchange(_begun, true)) {
        _urgent = true;
        return Answer::first;
    }
    if (_empty) {
        return Answer::refused;
    }
    _urgent = true;
    return Answer::unknown;
}

std::int64_t QuotaLine::remaining() const {
    // Before the first look only the request that was admitted without one is known of.
    const std::int64_t used = _looked ? _used : 1;
    return std::clamp<std::int64_t>(_limit - used + _reserved, 0, _limit);
}

std::optional<QuotaLine::Need> QuotaLine::need(bool tick, std::chrono::milliseconds since) {
    const bool asked = _asked > 0;
    const bool urgent = std::exchange(_urgent, false);
    if (tick) {
        _rate = perSecond(std::exchange(_asked, 0), std::max<std::chrono::milliseconds>(since, 1ms));
        _empty = _empty && asked;  // nobody looks any more, so it is not known any more
    }
    // Of those that wait some may have been given what is reserved, and not have come to take it.
    const std::int64_t waiting = std::max<std::int64_t>(0, _waiting - _reserved);
    const std::int64_t spare = std::max<std::int64_t>(0, _reserved - _waiting);
    const std::int64_t ahead = std::max<std::int64_t>(0, target(since) - spare);
    return urgent || waiting > 0 || (tick && asked) ? std::optional(Need{_limit, waiting, ahead})
                                                    : std::nullopt;
}

std::int64_t QuotaLine::takeSurplus() {
    const auto needed = static_cast<std::int64_t>(std::ceil(kAheadSeconds * _rate));
    const bool much = _reserved > 2 * needed;
    return much ? std::exchange(_reserved, needed) - needed : 0;
}

void QuotaLine::looked(std::int64_t granted, std::int64_t used) {
    _reserved += granted;
    _low = _reserved / 2;
    _used = used;
    _begun = _looked = true;
    _empty = used >= _limit;
}

/// A burst is seen before the tick that counts it.
std::int64_t QuotaLine::target(std::chrono::milliseconds since) const {
    const double rate = std::max(_rate, perSecond(_asked, std::max<std::chrono::milliseconds>(since, 1s)));
    return static_cast<std::int64_t>(std::ceil(kAheadSeconds * rate));
}

std::int64_t chunk(const QuotaLine::Need& need, std::int64_t used) {
    const std::int64_t left = std::max<std::int64_t>(0, need.limit - used);
    const std::int64_t waiting = std::min(need.waiting, left);
    const std::int64_t rest = left - waiting;
    const std::int64_t ahead = std::min({need.ahead, std::max<std::int64_t>(1, rest / kPart), rest});
    return waiting + ahead;
}

}  // namespace rtbatch
