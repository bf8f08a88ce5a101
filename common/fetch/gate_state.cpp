// What the gate knows of an upstream's state, and what it writes of it: the breaker and the markup guard.
#include <Poco/Logger.h>

#include <algorithm>

#include "common/fetch/gate.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// What is known of an upstream for so long needs no look to answer shut().
constexpr milliseconds kViewLasts = 500ms;

/// What a site has just told this process is believed so long before it can be read, for it is being written.
constexpr milliseconds kHeededFor = 500ms;

/// Two that write an upstream's state at once; more tries would mean something else.
constexpr int kMostTries = 10;

Deadline::Clock::time_point steady(Timestamp there, Timestamp nowThere, Deadline::Clock::time_point nowHere) {
    return nowHere + (there - nowThere);
}

}  // namespace

/// Keeps what the state says of the upstream, in this process's own time.
Consent Gate::note(Desk& desk, const UpstreamState& state, Timestamp time) {
    const Consent consent = consentOf(state, time);
    const auto now = Clock::now();
    const Lock lock(_mutex);
    desk.viewed = now;
    desk.suspended = state.suspendedAt != Timestamp{};
    desk.quiet = state.failures == 0 && state.forbidden == 0 && !state.open;
    desk.shut.reset();
    if (consent.kind == Consent::Kind::wait) {
        desk.shut =
            Shut{now + consent.left, steady(consent.since, time, now), consent.probing, consent.suspended};
    } else if (desk.heeded && now < std::min(desk.heeded->until, desk.heededAt + kHeededFor)) {
        desk.shut = desk.heeded;
        return {Consent::Kind::wait, std::chrono::ceil<milliseconds>(desk.heeded->until - now), time};
    }
    return consent;
}

/// Writes the upstream's state after a request, where it changes it. `view` has it then.
void Gate::report(Desk& desk, UpstreamView& view, const Held& held, const Slot::Outcome& outcome) {
    static const UpstreamFailure kUnused{UpstreamFailure::Kind::cancelled, "not used", std::nullopt};
    const UpstreamFailure* failure = outcome.used ? outcome.failure : &kUnused;
    changeState(desk, view, [&](const UpstreamState& state, Timestamp time) {
        return withOutcome(state, failure, held.probe, time);
    });
}

/// Writes what `change` makes of the state, if that is another one, over what it has read. `view` has it
/// then. False when nothing was to be written.
bool Gate::changeState(Desk& desk, UpstreamView& view, const Change& change) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        const UpstreamState state = change(view.state, view.slots.time);
        if (state == view.state) {
            return false;
        }
        if (_store.saveUpstream(desk.name, state)) {
            view.state = state;
            ++view.state.version;
            _bell.ring("state." + desk.name);
            return true;
        }
        view = _store.readUpstream(desk.name);
    }
    return false;
}

bool Gate::pagesSuspended() {
    Desk& desk = deskOf(Upstream::rottenTomatoes);
    const Lock lock(_mutex);
    return desk.suspended;
}

std::optional<Timestamp> Gate::pagesCountFrom() {
    Desk& desk = deskOf(Upstream::rottenTomatoes);
    const UpstreamView view = _store.readUpstream(desk.name);
    note(desk, view.state, view.slots.time);
    return view.state.suspendedAt == Timestamp{} ? std::optional(view.state.clearedAt) : std::nullopt;
}

void Gate::suspendPages() {
    Desk& desk = deskOf(Upstream::rottenTomatoes);
    UpstreamView view = _store.readUpstream(desk.name);
    if (changeState(desk, view, withPagesSuspended)) {
        Poco::Logger::get("rtbatch.fetch")
            .error(
                "markup changed? Too many pages lost facts or cannot be read, those of films that are known "
                "to "
                "be good among them: nothing is written until one reads again; one is tried every 5 minutes");
    }
    note(desk, view.state, view.slots.time);
}

void Gate::believePages() {
    Desk& desk = deskOf(Upstream::rottenTomatoes);
    UpstreamView view = _store.readUpstream(desk.name);
    const bool suspended = view.state.suspendedAt != Timestamp{};
    if (changeState(desk, view, suspended ? withPagesBelieved : withPagesCleared) && suspended) {
        Poco::Logger::get("rtbatch.fetch").notice("pages can be read again: they are written");
    }
    note(desk, view.state, view.slots.time);
    const Lock lock(_mutex);
    desk.nextLook = Clock::now();
    _changed.notify_all();
}

std::optional<Shut> Gate::shut(Upstream upstream) {
    Desk& desk = deskOf(upstream);
    bool look = false;
    {
        const Lock lock(_mutex);
        look = Clock::now() > desk.viewed + kViewLasts;
    }
    if (look) {
        try {
            const UpstreamView view = _store.readUpstream(desk.name);
            note(desk, view.state, view.slots.time);
        } catch (const StoreError& error) {
            complain(desk, error);
        }
    }
    const Lock lock(_mutex);
    return desk.shut && Clock::now() < desk.shut->until ? desk.shut : std::nullopt;
}

}  // namespace rtbatch
