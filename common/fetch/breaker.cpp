#include "common/fetch/breaker.h"

#include <algorithm>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

constexpr int kFailuresToOpen = 5;
constexpr int kForbiddenToOpen = 3;
constexpr auto kLongestOpening = 15min;
constexpr auto kUnsaidRetryAfter = 60s;
constexpr auto kLongestRetryAfter = 24h;

/// A probe whose outcome never came is forgotten after this.
constexpr auto kProbePatience = 60s;

}  // namespace

std::optional<Breaker::Clock::duration> LocalBreaker::admit(Upstream upstream) {
    const std::scoped_lock lock(_mutex);
    State& state = of(upstream);
    const auto now = _clock();
    if (now < state.shutUntil) {
        return state.shutUntil - now;
    }
    if (!state.open) {
        return std::nullopt;
    }
    if (state.probing && now < state.probeGivenUp) {
        return 100ms;
    }
    state.probing = true;
    state.probeGivenUp = now + kProbePatience;
    return std::nullopt;
}

void LocalBreaker::succeeded(Upstream upstream) {
    const std::scoped_lock lock(_mutex);
    State& state = of(upstream);
    // A request that was already open when the site asked to wait does not lift that wait.
    const auto shutUntil = state.shutUntil;
    state = State{};
    state.shutUntil = shutUntil;
}

void LocalBreaker::failed(Upstream upstream, const UpstreamFailure& failure) {
    using Kind = UpstreamFailure::Kind;
    const std::scoped_lock lock(_mutex);
    State& state = of(upstream);
    const auto now = _clock();
    const bool wasProbe = std::exchange(state.probing, false);
    switch (failure.kind) {
        case Kind::gone:
        case Kind::refused:
        case Kind::cancelled:
            return;
        case Kind::throttled: {
            const auto said = failure.retryAfter.value_or(0s);
            const Clock::duration pause = said > 0s ? std::min<Clock::duration>(said, kLongestRetryAfter)
                                                    : Clock::duration(kUnsaidRetryAfter);
            state.shutUntil = std::max(state.shutUntil, now + pause);
            return;
        }
        case Kind::forbidden:
            ++state.forbidden;
            break;
        case Kind::broken:
        case Kind::timeout:
            state.forbidden = 0;
            break;
    }
    ++state.failures;
    if (wasProbe || state.failures >= kFailuresToOpen || state.forbidden >= kForbiddenToOpen) {
        if (!state.open || wasProbe) {
            state.shutUntil = std::max(state.shutUntil, now + state.nextOpening);
            state.nextOpening = std::min<Clock::duration>(state.nextOpening * 2, kLongestOpening);
        }
        state.open = true;
    }
}

}  // namespace rtbatch
