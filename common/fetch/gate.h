#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/fetch/breaker.h"
#include "common/fetch/flight.h"
#include "common/fetch/slot_line.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/model/deadline.h"
#include "common/store/store.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// The permission to have one request open at an upstream. Moves, never copies; given back once, at the
/// latest when it is destroyed, and then unused.
class Slot {
public:
    /// What came of it. `failure` null: the upstream answered.
    struct Outcome {
        bool used = false;
        const UpstreamFailure* failure = nullptr;
    };
    using GiveBack = std::function<void(const Outcome&)>;

    Slot(Deadline deadline, GiveBack giveBack, bool probe = false)
        : _deadline(deadline), _probe(probe), _giveBack(std::move(giveBack)) {}
    Slot(Slot&& other) noexcept
        : _deadline(other._deadline),
          _probe(other._probe),
          _giveBack(std::exchange(other._giveBack, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { giveBack({}); }

    /// The request must be over by then: afterwards others may have the slot.
    Deadline deadline() const { return _deadline; }

    /// The one request that may go to see whether the upstream is well again.
    bool probe() const { return _probe; }

    /// Tells the breaker, and only then lets the next one in, who would else ask a site that has just said
    /// no.
    void giveBack(const Outcome& outcome) {
        if (const auto giveBack = std::exchange(_giveBack, nullptr)) {
            giveBack(outcome);
        }
    }

private:
    Deadline _deadline;
    bool _probe;
    GiveBack _giveBack;
};

/// The upstream wants to be left alone.
struct Shut {
    Deadline::Clock::time_point until;
    Deadline::Clock::time_point since;
    bool probing = false;    ///< only until a request that is under way has shown whether it is well again
    bool suspended = false;  ///< by the markup guard: its pages are not believed
};

/// Limits of a deployment; each process is told the same.
struct GateOptions {
    int wikidataSlots = 5;
    int pageSlots = 2;
    std::chrono::milliseconds wikidataTimeout{20000};  ///< the longest that a request is open
    std::chrono::milliseconds pageTimeout{20000};
    /// How often a process looks that waits with nobody of another host about, for a bell may be lost; and
    /// with.
    std::chrono::milliseconds nearLook{2000};
    std::chrono::milliseconds farLook{100};
};

/// Lets requests through to the upstreams: as many at once as there are slots, counted over all processes and
/// hosts of the deployment by leases in the database, fair between processes, people before the refresher;
/// and none while the shared breaker says so. Without the database nothing is let through. Safe from any
/// thread.
class Gate {
public:
    Gate(const GateOptions& options, Store& store, Leases& leases, Bell& bell);
    ~Gate();  ///< gives everything back; no slot may be out
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    using Entry = std::variant<std::monostate, Slot, Shut>;
    using Wanted = std::function<bool()>;

    /// Waits for a slot, at most to `deadline`; nothing when there was none by then, the gate was closed, or
    /// the database cannot be written.
    /// Keeps this process's place in the line for the next call, until withdraw().
    /// `wanted`: asked now and again, without a lock of the caller's, whether there still is work for a slot.
    Entry enter(
        Upstream upstream, Priority priority, Deadline deadline, const Wanted& wanted = [] { return true; });

    /// Nobody of this process wants a slot any more: leaves the line.
    void withdraw(Upstream upstream);

    /// Whether the upstream is left alone now, as this process knows it, or the database if the last look was
    /// some time ago.
    std::optional<Shut> shut(Upstream upstream);

    // The markup guard, whose decisions all processes follow. All but the first throw StoreError.

    /// Whether pages are not believed now, as this process knows it.
    bool pagesSuspended();
    /// From when on pages count; nothing while they are not believed.
    std::optional<Timestamp> pagesCountFrom();
    /// Pages are not believed any more.
    void suspendPages();
    /// A film that is known to be good could be read: pages are believed, and those before no longer count.
    void believePages();

    /// Whether processes of other hosts were seen of late, with slots or in the line: they do not ring our
    /// bell.
    bool hasFarOwner() const;
    /// One was seen, with something else.
    void sawFarOwner();

    /// Ends all waiting, now and later: the program stops. Slots that are out may still come back.
    void close();

private:
    using Lock = std::unique_lock<std::mutex>;
    using Clock = Deadline::Clock;

    struct Held {
        Lease lease;
        bool inUse = false;
        bool probe = false;
    };
    using HeldList = std::list<Held>;

    /// What one upstream's slots are to this process. Guarded by _mutex, but for what is const.
    struct Desk {
        Upstream upstream;
        std::string name;
        int capacity;
        std::chrono::milliseconds term;  ///< of a slot's lease

        std::array<int, 2> waiting{};  ///< by priority
        HeldList held{};
        int givingBack = 0;  ///< slots that are no longer held, but may still be ours in the database
        std::optional<Lease> place{};  ///< in the line
        Priority placePriority = Priority::people;
        bool asking = false;  ///< one of the waiting looks at the database for all
        Clock::time_point nextLook{};
        std::optional<Clock::time_point> leftFree{};  ///< since when a slot is free that others were to take
        std::optional<Shut> shut{};
        std::optional<Shut> heeded{};  ///< what this process knows itself, and may not be written yet
        Clock::time_point heededAt{};
        Clock::time_point viewed{};
        bool suspended = false;     ///< its pages are not believed, when it was last read
        bool quiet = false;         ///< the breaker counted no failures when it was last read
        std::string othersFirst{};  ///< who comes before this process's next request, as last seen
        Clock::time_point complained{};

        int waitingInAll() const { return waiting[0] + waiting[1]; }
        Priority urgency() const { return waiting[0] > 0 ? Priority::people : Priority::refresher; }
    };

    /// Of a slot that was used: whether it stays for this process's next request, else who is to have it.
    struct Verdict {
        bool keep = false;
        std::string next{};
    };

    Desk& deskOf(Upstream upstream) { return _desks[static_cast<std::size_t>(upstream)]; }
    Entry waitForSlot(Lock& lock, Desk& desk, Priority priority, Deadline deadline, const Wanted& wanted);
    Slot hand(Desk& desk, HeldList::iterator held);
    void look(Desk& desk);
    Clock::time_point lookOnce(Desk& desk);
    void dropLost(Desk& desk, LeaseView& slots);
    Consent note(Desk& desk, const UpstreamState& state, Timestamp time);
    bool takeSlot(Desk& desk, const UpstreamView& view, int number, bool probe);
    void standInLine(Desk& desk, Priority priority);
    void heed(Desk& desk, const UpstreamFailure& failure);
    void giveBack(Desk& desk, HeldList::iterator held, const Slot::Outcome& outcome);
    std::optional<Verdict> settleUnseen(Desk& desk, const Held& held, const Slot::Outcome& outcome);
    bool othersAreFar(const SlotLine& line);
    Verdict settle(Desk& desk, Held& held, const Slot::Outcome& outcome);
    void release(Desk& desk, HeldList given);
    void report(Desk& desk, UpstreamView& view, const Held& held, const Slot::Outcome& outcome);
    using Change = std::function<UpstreamState(const UpstreamState&, Timestamp time)>;
    bool changeState(Desk& desk, UpstreamView& view, const Change& change);
    void ringFree(const Desk& desk, const std::string& next) noexcept;
    void heard(std::string_view message);
    void complain(Desk& desk, const std::exception& error) noexcept;

    const GateOptions _options;
    Store& _store;
    Leases& _leases;
    Bell& _bell;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::array<Desk, 2> _desks;
    bool _closed = false;  // guarded by _mutex
    std::atomic<Clock::time_point> _farOwnerSeen{Clock::time_point{}};

    Bell::Subscription _subscription;  // last: nothing is heard before the rest is there
};

}  // namespace rtbatch
