#include "common/fetch/breaker.h"

#include <algorithm>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr int kFailuresToOpen = 5;
constexpr int kForbiddenToOpen = 3;
constexpr int kRedirectedToOpen = 3;
constexpr milliseconds kLongestOpening = 15min;
constexpr milliseconds kUnsaidRetryAfter = 60s;
constexpr milliseconds kLongestRetryAfter = 24h;

/// One page in this time, while pages are not believed.
constexpr milliseconds kSuspendedRetry = 5min;

/// More of the guarded pages than this, in hundredths.
constexpr int kMostBadPercent = 20;

/// How long those wait who wait for a probe, before they look again.
constexpr milliseconds kProbeLook = 100ms;

void shut(UpstreamState& state, Timestamp now, milliseconds pause) {
    // A pause that is only made longer has begun when it began.
    if (state.shutUntil <= now) {
        state.shutAt = now;
    }
    state.shutUntil = std::max(state.shutUntil, now + pause);
}

}  // namespace

Consent consentOf(const UpstreamState& state, Timestamp now) {
    if (now < state.shutUntil) {
        return {Consent::Kind::wait, state.shutUntil - now, state.shutAt, false,
                state.suspendedAt != Timestamp{}};
    }
    if (!state.open) {
        return {};
    }
    if (now < state.probeUntil) {
        return {Consent::Kind::wait, kProbeLook, state.shutAt, true};
    }
    return {Consent::Kind::probe};
}

UpstreamState withProbe(UpstreamState state, Timestamp now, milliseconds term) {
    state.probeUntil = now + term;
    state.shutAt = now;
    return state;
}

namespace {

/// While pages are not believed: the next one in 5 minutes. What was open before says nothing new.
UpstreamState withSuspendedOutcome(UpstreamState state, const UpstreamFailure* failure, Timestamp now) {
    if (failure != nullptr && failure->kind == UpstreamFailure::Kind::cancelled) {
        return state;  // nothing was tried
    }
    const bool saidMore = failure != nullptr && failure->kind == UpstreamFailure::Kind::throttled;
    const milliseconds said = saidMore ? failure->retryAfter.value_or(0s) : 0s;
    shut(state, now, std::clamp<milliseconds>(said, kSuspendedRetry, kLongestRetryAfter));
    return state;
}

}  // namespace

UpstreamState withOutcome(UpstreamState state, const UpstreamFailure* failure, bool wasProbe, Timestamp now) {
    using Kind = UpstreamFailure::Kind;
    if (wasProbe) {
        state.probeUntil = {};
    }
    if (state.suspendedAt != Timestamp{}) {
        return wasProbe ? withSuspendedOutcome(state, failure, now) : state;
    }
    if (failure == nullptr) {
        // A request that was already open when the site asked to wait does not lift that wait.
        UpstreamState fresh;
        fresh.shutAt = state.shutAt;
        fresh.shutUntil = state.shutUntil;
        fresh.version = state.version;
        fresh.clearedAt = state.clearedAt;
        return fresh;
    }
    switch (failure->kind) {
        case Kind::gone:
        case Kind::refused:
        case Kind::cancelled:
            return state;
        case Kind::throttled: {
            const auto said = failure->retryAfter.value_or(0s);
            shut(state, now,
                 said > 0s ? std::min<milliseconds>(said, kLongestRetryAfter) : kUnsaidRetryAfter);
            return state;
        }
        case Kind::forbidden:
            ++state.forbidden;
            state.redirected = 0;
            break;
        case Kind::redirected:
            if (!wasProbe && !failure->page.empty() && failure->page == state.redirectedPage) {
                return state;  // one dead address, asked for again
            }
            state.forbidden = 0;
            ++state.redirected;
            state.redirectedPage = failure->page;
            break;
        case Kind::broken:
        case Kind::timeout:
            state.forbidden = 0;
            state.redirected = 0;
            break;
    }
    ++state.failures;
    if (wasProbe || state.failures >= kFailuresToOpen || state.forbidden >= kForbiddenToOpen ||
        state.redirected >= kRedirectedToOpen) {
        if (!state.open || wasProbe) {
            shut(state, now, state.nextOpening);
            state.nextOpening = std::min(state.nextOpening * 2, kLongestOpening);
        }
        state.open = true;
    }
    return state;
}

bool isMarkupChange(int bad) {
    return bad * 100 > kGuardedPages * kMostBadPercent;
}

UpstreamState withPagesSuspended(UpstreamState state, Timestamp now) {
    if (state.suspendedAt == Timestamp{}) {
        state.suspendedAt = now;
        state.open = true;
        shut(state, now, kSuspendedRetry);
    }
    return state;
}

UpstreamState withNothingBlocked(const UpstreamState& state, Timestamp now) {
    UpstreamState fresh;
    fresh.version = state.version;
    fresh.clearedAt = state.suspendedAt == Timestamp{} ? state.clearedAt : now;
    return fresh;
}

UpstreamState withPagesCleared(UpstreamState state, Timestamp now) {
    state.clearedAt = now;
    return state;
}

UpstreamState withPagesBelieved(UpstreamState state, Timestamp now) {
    if (state.suspendedAt == Timestamp{}) {
        return state;
    }
    UpstreamState fresh;
    fresh.version = state.version;
    fresh.clearedAt = now;
    return fresh;
}

}  // namespace rtbatch
