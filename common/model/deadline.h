#pragma once

#include <algorithm>
#include <chrono>

namespace rtbatch {

/// Until when something may take: one value, handed down every call, measured on the steady clock.
class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    static Deadline in(std::chrono::milliseconds span) { return Deadline(Clock::now() + span); }
    static Deadline at(Clock::time_point when) { return Deadline(when); }

    Clock::time_point when() const { return _when; }
    bool passed() const { return Clock::now() >= _when; }

    /// What is left, never negative.
    std::chrono::milliseconds left() const {
        return std::max(std::chrono::milliseconds(0),
                        std::chrono::ceil<std::chrono::milliseconds>(_when - Clock::now()));
    }

    /// The earlier of the two.
    Deadline sooner(Deadline other) const { return Deadline(std::min(_when, other._when)); }

private:
    explicit Deadline(Clock::time_point when) : _when(when) {}

    Clock::time_point _when;
};

}  // namespace rtbatch
