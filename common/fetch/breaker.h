#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// Knows whether an upstream wants to be left alone. 429 and 503 with Retry-After stop everyone until then (0
/// or absent means a minute). 5 failures in a row, or 3 times 403 in a row, open it for 30 s, doubling to 15
/// min while it fails; after that one request probes, and its success closes it. A page that is not there is
/// the movie's matter and opens nothing.
class Breaker {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~Breaker() = default;

    /// Nothing: a request may be sent now (and its outcome must then be reported). Else how long to wait
    /// first.
    virtual std::optional<Clock::duration> admit(Upstream upstream) = 0;

    /// The upstream answered, were it that a page is gone.
    virtual void succeeded(Upstream upstream) = 0;

    /// The request failed; kinds that say nothing about the upstream (gone, refused, cancelled) only end a
    /// probe.
    virtual void failed(Upstream upstream, const UpstreamFailure& failure) = 0;
};

/// The breakers of one process, in memory.
class LocalBreaker : public Breaker {
public:
    /// `clock` tells the time; tests have their own.
    explicit LocalBreaker(std::function<Clock::time_point()> clock = &Clock::now)
        : _clock(std::move(clock)) {}

    std::optional<Clock::duration> admit(Upstream upstream) override;
    void succeeded(Upstream upstream) override;
    void failed(Upstream upstream, const UpstreamFailure& failure) override;

private:
    struct State {
        Clock::time_point shutUntil{};
        Clock::duration nextOpening = std::chrono::seconds(30);
        int failures = 0;
        int forbidden = 0;
        bool open = false;     // by failures, so that only a probe may go when the time is up
        bool probing = false;  // one request is out to see
        Clock::time_point probeGivenUp{};
    };

    State& of(Upstream upstream) { return _states[static_cast<std::size_t>(upstream)]; }

    const std::function<Clock::time_point()> _clock;
    std::mutex _mutex;
    std::array<State, 2> _states;  // guarded by _mutex
};

}  // namespace rtbatch
