#pragma once

#include <chrono>
#include <optional>

#include "common/store/coordination.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

// The rules of the circuit breaker, which all processes follow on one row of `upstream_state`. 429 and 503
// with Retry-After stop everyone until then (0 or absent means a minute). 5 failures in a row, or 3 times 403
// in a row, or 3 different pages in a row that are redirected away from where films are, open it for 30 s,
// doubling to 15 min while it fails; after that one request probes, and its success closes it. A page that is
// not there is the movie's matter and opens nothing.
//
// The markup guard uses the same row: while pages are not believed (suspendedAt), one request in 5 minutes
// goes, as a probe; that it was answered closes nothing, only that its page could be read
// (withPagesBelieved).

/// What an upstream's state lets us do now.
struct Consent {
    enum class Kind {
        go,
        probe,  ///< one request may go, to see; it says so first, with withProbe()
        wait,
    };
    Kind kind = Kind::go;
    std::chrono::milliseconds left{0};  ///< wait: how long
    Timestamp since{};                  ///< wait: from when on
    bool probing = false;               ///< wait: only for the outcome of a probe
    bool suspended = false;             ///< wait: because pages are not believed
};

Consent consentOf(const UpstreamState& state, Timestamp now);

/// The state while a probe is out. One whose outcome never came is forgotten after `term`.
UpstreamState withProbe(UpstreamState state, Timestamp now, std::chrono::milliseconds term);

/// The state after a request that was a probe or was none; `failure` null: the upstream answered, were it
/// that a page is gone. Kinds that say nothing about the upstream (gone, refused, cancelled) only end a
/// probe.
UpstreamState withOutcome(UpstreamState state, const UpstreamFailure* failure, bool wasProbe, Timestamp now);

/// The markup guard. `bad` of the last kGuardedPages lost a fact or could not be read: so many that a film
/// which is known to be good is tried, to see whether it is the films' own matter?
constexpr int kGuardedPages = 20;
bool isMarkupChange(int bad);

/// The state when pages are not believed any more, and when they are again.
UpstreamState withPagesSuspended(UpstreamState state, Timestamp now);
UpstreamState withPagesBelieved(UpstreamState state, Timestamp now);

/// The state when an operator lets requests go again, whatever it was. Where pages were not believed, those
/// from before then no longer count.
UpstreamState withNothingBlocked(const UpstreamState& state, Timestamp now);

/// The state when a film that is known to be good could be read: pages from before then no longer count.
UpstreamState withPagesCleared(UpstreamState state, Timestamp now);

}  // namespace rtbatch
