#include "common/fetch/gate.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <new>

#include "common/log/log.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// How much longer a slot is ours than a request may be open.
constexpr milliseconds kLeaseMargin = 5s;

/// How long a process's place in the line is kept for it without a word, and when it says one.
constexpr milliseconds kPlaceTerm = 15s;
constexpr milliseconds kPlaceRenewal = 5s;

/// A free slot that the first in the line does not take in this time is anyone's.
constexpr milliseconds kHeadPatience = 250ms;

/// The second in the line looks so long after the bell whether the first has taken it.
constexpr milliseconds kSecondLook = 1500ms;

/// After an answer that was no help: the database was away, or another process was faster.
constexpr milliseconds kStoreRetry = 250ms;
constexpr milliseconds kConflictRetry = 20ms;

/// Another host that was seen is reckoned with for so long, for between two pages it holds nothing that could
/// be seen.
constexpr milliseconds kFarOwnerLasts = 30s;

constexpr milliseconds kComplaintPause = 10s;

/// When so many leases of the killed lie about, those are deleted that ended so long ago.
constexpr int kManyEnded = 16;
constexpr milliseconds kEndedFor = 60s;

}  // namespace

Gate::Gate(const GateOptions& options, Store& store, Leases& leases, Bell& bell)
    : _options(options),
      _store(store),
      _leases(leases),
      _bell(bell),
      _desks{Desk{.upstream = Upstream::wikidata,
                  .name = nameOf(Upstream::wikidata),
                  .capacity = options.wikidataSlots,
                  .term = options.wikidataTimeout + kLeaseMargin},
             Desk{.upstream = Upstream::rottenTomatoes,
                  .name = nameOf(Upstream::rottenTomatoes),
                  .capacity = options.pageSlots,
                  .term = options.pageTimeout + kLeaseMargin}},
      _subscription(bell, [this](std::string_view message) { heard(message); }) {}

Gate::~Gate() {
    close();
}

Gate::Entry Gate::enter(Upstream upstream, Priority priority, Deadline deadline, const Wanted& wanted) {
    Lock lock(_mutex);
    Desk& desk = deskOf(upstream);
    const bool seenLongAgo = desk.waitingInAll() == 0 && !desk.place;
    const bool stoodLower = desk.place && priority < desk.placePriority;  // not among people's places yet
    if (seenLongAgo || stoodLower) {
        desk.nextLook = Clock::now();
    }
    ++desk.waiting[static_cast<std::size_t>(priority)];
    const auto waitsNoMore = [&] {
        --desk.waiting[static_cast<std::size_t>(priority)];
        _changed.notify_all();  // the refresher's may have waited for this one, or another must look now
    };
    try {
        Entry entry = waitForSlot(lock, desk, priority, deadline, wanted);
        waitsNoMore();
        const bool closed = _closed;
        lock.unlock();
        if (closed) {
            withdraw(upstream);
        }
        return entry;
    } catch (const std::bad_alloc&) {  // thrown with the lock held
        waitsNoMore();
        throw;
    }
}

Gate::Entry Gate::waitForSlot(Lock& lock, Desk& desk, Priority priority, Deadline deadline,
                              const Wanted& wanted) {
    while (!_closed && wanted()) {
        const auto now = Clock::now();
        if (desk.shut && now < desk.shut->until) {
            return *desk.shut;
        }
        const auto idle = std::ranges::find_if(desk.held, [](const Held& held) { return !held.inUse; });
        if (idle != desk.held.end() && priority == desk.urgency()) {
            return hand(desk, idle);
        }
        if (deadline.passed() || _store.refusesWrites()) {
            break;
        }
        if (!desk.asking && now >= desk.nextLook) {
            desk.asking = true;
            lock.unlock();
            look(desk);
            lock.lock();
            desk.asking = false;
            _changed.notify_all();
            continue;
        }
        _changed.wait_until(lock, desk.asking ? deadline.when() : std::min(deadline.when(), desk.nextLook));
    }
    return {};
}

Slot Gate::hand(Desk& desk, HeldList::iterator held) {
    Slot slot{held->lease.deadline(),
              [this, &desk, held](const Slot::Outcome& outcome) { giveBack(desk, held, outcome); },
              held->probe};
    held->inUse = true;  // now that nothing more is thrown
    return slot;
}

/// Asks the database for a slot, for all of this process who wait. Called without the lock, by one at a time.
void Gate::look(Desk& desk) {
    Clock::time_point next;
    try {
        next = lookOnce(desk);
    } catch (const StoreError& error) {
        next = Clock::now() + (error.conflict() ? kConflictRetry : kStoreRetry);
        complain(desk, error);
    } catch (const std::exception& error) {  // those who wait for this look must not wait for ever
        next = Clock::now() + kStoreRetry;
        complain(desk, error);
    }
    const Lock lock(_mutex);
    desk.nextLook = std::min(desk.nextLook, next);
}

/// Gives when to look again.
Gate::Clock::time_point Gate::lookOnce(Desk& desk) {
    int held = 0;
    Priority priority{};
    bool inLine = false;
    {
        const Lock lock(_mutex);
        held = static_cast<int>(desk.held.size());
        priority = desk.urgency();
        inLine = desk.place.has_value();
        // Whoever rings from here on makes us look again.
        desk.nextLook = Clock::time_point::max();
    }
    if (!_bell.joined()) {
        _bell.join(_store.deployment());
    }
    UpstreamView view = _store.readUpstream(desk.name);
    if (view.ended > kManyEnded) {
        _store.purgeLeases(kEndedFor);
    }
    const Consent consent = note(desk, view.state, view.slots.time);
    if (consent.kind == Consent::Kind::wait) {
        return Clock::now() + consent.left;
    }
    dropLost(desk, view.slots);
    const SlotLine line(view.slots, desk.upstream, desk.capacity, _leases.owner());
    const bool far = othersAreFar(line);
    const std::size_t ahead = line.ahead(priority, held, line.ownSince());
    const auto now = Clock::now();
    bool mayTake = line.free().size() > ahead;
    {
        const Lock lock(_mutex);
        if (line.free().empty() || mayTake) {
            desk.leftFree.reset();
        } else if (!desk.leftFree) {
            desk.leftFree = now;
        }
        mayTake = mayTake || (desk.leftFree && now >= *desk.leftFree + kHeadPatience);
    }
    const bool told = _bell.works() && !far;
    const auto later = now + (told ? _options.nearLook : _options.farLook);
    if (mayTake) {
        // Who is the second in the line takes the second that is free, not the first one's.
        const int number = line.free()[ahead < line.free().size() ? ahead : 0];
        if (!takeSlot(desk, view, number, consent.kind == Consent::Kind::probe)) {
            return now + kConflictRetry;
        }
        const std::size_t rest = line.free().size() - 1;
        if (rest > line.ahead(priority, held + 1, line.ownSince())) {
            return now;
        }
        if (rest > 0) {
            ringFree(desk, line.firstOthers());
        }
        bool more = false;
        {
            const Lock lock(_mutex);
            // Until this slot is given back, the other slots will have gone to the first in the line.
            const auto served = static_cast<std::size_t>(desk.capacity - 1);
            desk.othersFirst =
                line.ahead(priority, held, view.slots.time) > served ? line.firstOthers(served) : "";
            more = desk.waitingInAll() > 1;
        }
        if (more) {
            standInLine(desk, priority);
        }
        return later;
    }
    standInLine(desk, priority);
    if (!inLine && far) {
        return Clock::now();  // a slot may have become free before we stood in the line, and nobody told us
    }
    if (!line.free().empty()) {
        ringFree(desk, line.firstOthers());
        return now + (told ? kSecondLook : kHeadPatience);
    }
    return std::min(later, now + line.untilExpiry() + 5ms);
}

/// Ends slots that nobody has: this process took them, and the answer was lost; or their owner is surely
/// dead, and its connections with it.
void Gate::dropLost(Desk& desk, LeaseView& slots) {
    const std::string places = "slot." + desk.name + ".wait.";
    std::erase_if(slots.leases, [&](const LeaseRow& lease) {
        if (lease.name.starts_with(places)) {
            return false;
        }
        const Owner owner = Owner::parse(lease.owner);
        if (owner == _leases.owner()) {
            const Lock lock(_mutex);
            if (desk.givingBack > 0 || std::ranges::any_of(desk.held, [&](const Held& held) {
                    return held.lease.name() == lease.name;
                })) {
                return false;
            }
        } else if (!owner.isDead()) {
            return false;
        }
        _store.releaseLeases({&lease.name, 1}, lease.owner);
        return true;
    });
}

bool Gate::takeSlot(Desk& desk, const UpstreamView& view, int number, bool probe) {
    auto lease = _leases.acquire(slotName(desk.upstream, number), desk.term);
    if (!lease) {
        return false;
    }
    if (probe && !_store.saveUpstream(desk.name, withProbe(view.state, view.slots.time, desk.term))) {
        return false;  // another one probes; the lease goes back
    }
    std::optional<Lease> place;  // given back, unless others of this process still wait
    const Lock lock(_mutex);
    desk.held.push_back({std::move(*lease), false, probe});
    if (desk.waitingInAll() == 1) {
        place = std::exchange(desk.place, std::nullopt);
    }
    _changed.notify_all();
    return true;
}

void Gate::standInLine(Desk& desk, Priority priority) {
    std::optional<Lease> place;
    {
        const Lock lock(_mutex);
        if (desk.place && desk.placePriority == priority && desk.place->deadline().left() > kPlaceRenewal) {
            return;
        }
        place = std::exchange(desk.place, std::nullopt);
    }
    if (place && desk.placePriority != priority) {
        place.reset();
    }
    if (!place || !place->renew(kPlaceTerm)) {
        place = _leases.acquire(placeName(desk.upstream, priority, _leases.owner()), kPlaceTerm);
    }
    const Lock lock(_mutex);
    desk.place = std::move(place);
    desk.placePriority = priority;
}

void Gate::giveBack(Desk& desk, HeldList::iterator held, const Slot::Outcome& outcome) {
    if (outcome.failure != nullptr) {
        heed(desk, *outcome.failure);
    }
    Verdict verdict;
    try {
        const auto unseen = settleUnseen(desk, *held, outcome);
        verdict = unseen ? *unseen : settle(desk, *held, outcome);
    } catch (const std::exception& error) {
        complain(desk, error);
    }
    HeldList given;
    {
        const Lock lock(_mutex);
        held->inUse = false;
        held->probe = false;
        if (verdict.keep && desk.waitingInAll() > 0 && !_closed) {
            _changed.notify_all();
            return;
        }
        given.splice(given.begin(), desk.held, held);
        ++desk.givingBack;
    }
    release(desk, std::move(given));
    ringFree(desk, verdict.next);
    const Lock lock(_mutex);
    --desk.givingBack;
    // For who began to wait meanwhile and saw the slot still taken; and in case that who is to have it has
    // gone.
    const bool second = verdict.next.find(' ') != std::string::npos;
    const auto look = Clock::now() + (verdict.next.empty() ? 0ms : second ? _options.nearLook : kSecondLook);
    desk.nextLook = std::min(desk.nextLook, look);
    _changed.notify_all();
}

/// What a failure means for this process at once. Others learn of it when it is written, and meanwhile a slot
/// that comes back must not be handed out again to ask a site which has just asked for a pause.
void Gate::heed(Desk& desk, const UpstreamFailure& failure) {
    const UpstreamState state = withOutcome({}, &failure, false, Timestamp{});
    const auto now = Clock::now();
    const auto until = now + state.shutUntil.time_since_epoch();
    const Lock lock(_mutex);
    desk.quiet = false;
    if (until > now && (!desk.shut || desk.shut->until < until)) {
        desk.shut = desk.heeded = Shut{until, now};
        desk.heededAt = now;
    }
}

/// Gives a slot back to the database; if this process waits for another, at the end of the line.
void Gate::release(Desk& desk, HeldList given) {
    std::optional<Lease> place;
    {
        const Lock lock(_mutex);
        place = std::exchange(desk.place, std::nullopt);
    }
    if (!place) {
        return;
    }
    try {
        if (!place->retakeFor(given.front().lease, kPlaceTerm)) {
            return;
        }
    } catch (const std::exception& error) {
        complain(desk, error);
    }
    const Lock lock(_mutex);
    if (desk.waitingInAll() > 0 && !desk.place) {
        desk.place = std::move(place);
    }
}

/// Without asking the database: an ordinary answer while others are known to come first, and to hear our
/// bell.
std::optional<Gate::Verdict> Gate::settleUnseen(Desk& desk, const Held& held, const Slot::Outcome& outcome) {
    const Lock lock(_mutex);
    if (!outcome.used || outcome.failure != nullptr || held.probe || !desk.quiet ||
        desk.viewed == Clock::time_point{} || hasFarOwner() || !_bell.works() || desk.othersFirst.empty()) {
        return std::nullopt;
    }
    return Verdict{false, std::exchange(desk.othersFirst, {})};
}

/// Tells the breaker, and decides whether this process keeps the slot for its next request: it does unless
/// others come first; then it is renewed.
Gate::Verdict Gate::settle(Desk& desk, Held& held, const Slot::Outcome& outcome) {
    UpstreamView view = _store.readUpstream(desk.name);
    report(desk, view, held, outcome);
    const Consent consent = note(desk, view.state, view.slots.time);
    const SlotLine line(view.slots, desk.upstream, desk.capacity, _leases.owner());
    othersAreFar(line);
    Verdict verdict{false, line.firstOthers()};
    int others = 0;
    Priority priority{};
    {
        const Lock lock(_mutex);
        if (desk.waitingInAll() == 0 || _closed || consent.kind != Consent::Kind::go) {
            return verdict;
        }
        others = static_cast<int>(desk.held.size()) - 1;
        priority = desk.urgency();
    }
    verdict.keep =
        line.ahead(priority, others, view.slots.time) <= line.free().size() && held.lease.renew(desk.term);
    return verdict;
}

void Gate::withdraw(Upstream upstream) {
    Desk& desk = deskOf(upstream);
    std::optional<Lease> place;
    HeldList idle;
    {
        const Lock lock(_mutex);
        if (desk.waitingInAll() > 0) {
            return;
        }
        place = std::exchange(desk.place, std::nullopt);
        for (auto held = desk.held.begin(); held != desk.held.end();) {
            const auto next = std::next(held);
            if (!held->inUse) {
                idle.splice(idle.end(), desk.held, held);
            }
            held = next;
        }
    }
    const bool left = place || !idle.empty();
    place.reset();
    idle.clear();
    if (left) {
        ringFree(desk, "");  // a slot that is free may have been meant for us
    }
}

bool Gate::othersAreFar(const SlotLine& line) {
    if (line.hasFarOwner()) {
        sawFarOwner();
    }
    return hasFarOwner();
}

void Gate::sawFarOwner() {
    _farOwnerSeen = Clock::now();
}

bool Gate::hasFarOwner() const {
    const auto seen = _farOwnerSeen.load();
    return seen != Clock::time_point{} && Clock::now() < seen + kFarOwnerLasts;
}

void Gate::close() {
    {
        const Lock lock(_mutex);
        _closed = true;
        _changed.notify_all();
    }
    withdraw(Upstream::wikidata);
    withdraw(Upstream::rottenTomatoes);
}

/// Tells the other processes of this host that a slot is free, and whose it is; `next` as firstOthers() has
/// it.
void Gate::ringFree(const Desk& desk, const std::string& next) noexcept {
    try {
        _bell.ring("slot." + desk.name + " " + next);
    } catch (const std::bad_alloc& error) {  // whoever waits for it looks by himself after a while
        logFailure(Poco::Logger::get("rtbatch.fetch"), Poco::Message::PRIO_DEBUG, "a bell was not rung",
                   error);
    }
}

/// A bell of another process: `slot.rt FIRST SECOND`, one is free and those two come next, or nobody in
/// particular; `state.rt`, the breaker has changed its mind.
void Gate::heard(std::string_view message) {
    const auto next = [&message] {
        const auto end = std::min(message.find(' '), message.size());
        const std::string_view word = message.substr(0, end);
        message.remove_prefix(std::min(end + 1, message.size()));
        return word;
    };
    const std::string_view what = next();
    const std::string_view first = next();
    const std::string_view second = next();
    const std::string& self = _leases.owner().text();
    const Lock lock(_mutex);
    for (Desk& desk : _desks) {
        if (what == "state." + desk.name) {
            desk.viewed = {};
            desk.nextLook = Clock::now();
        } else if (what == "slot." + desk.name && (first.empty() || first == self)) {
            desk.nextLook = Clock::now();
        } else if (what == "slot." + desk.name && second == self) {
            desk.nextLook = std::min(desk.nextLook, Clock::now() + kSecondLook);
        }
    }
    _changed.notify_all();
}

void Gate::complain(Desk& desk, const std::exception& error) noexcept {
    {
        const Lock lock(_mutex);
        if (Clock::now() < desk.complained + kComplaintPause) {
            return;
        }
        desk.complained = Clock::now();
    }
    logFailure(Poco::Logger::get("rtbatch.fetch"), Poco::Message::PRIO_WARNING,
               desk.upstream == Upstream::wikidata ? "no slots for wikidata" : "no slots for rt", error);
}

}  // namespace rtbatch
