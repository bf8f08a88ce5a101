#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/fetch/flight.h"
#include "common/lease/owner.h"
#include "common/store/coordination.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// As the tables have it: `wikidata`, `rt`.
std::string nameOf(Upstream upstream);

/// `slot.rt.1`
std::string slotName(Upstream upstream, int number);

/// `slot.rt.wait.0.OWNER`: a process's place in the line.
std::string placeName(Upstream upstream, Priority priority, const Owner& owner);

/// The line for an upstream's slots, as its leases show it to one process. Fair between processes: people's
/// work goes before the refresher's, then who has the fewest slots, then who has waited longest.
class SlotLine {
public:
    SlotLine(const LeaseView& view, Upstream upstream, int capacity, const Owner& self);

    /// Numbers of the slots that nobody holds.
    const std::vector<int>& free() const { return _free; }

    /// How many other processes go first, if this one has `held` slots and has waited since then.
    std::size_t ahead(Priority priority, int held, Timestamp since) const;

    /// The first two of the others, parted by a blank: who is to take the next slot, and who after a while if
    /// he does not.
    /// `served` of them are passed over.
    std::string firstOthers(std::size_t served = 0) const;

    /// Since when this process stands in the line; now when it does not.
    Timestamp ownSince() const { return _ownSince; }

    /// Whether a process of another host holds a slot or waits for one: it does not hear our bell, nor we
    /// its.
    bool hasFarOwner() const { return _farOwner; }

    /// Until the first slot that is held comes back by itself; a long time when none is held.
    std::chrono::milliseconds untilExpiry() const { return _untilExpiry; }

private:
    struct Place {
        Owner owner;
        Priority priority;
        int held;
        Timestamp since;

        bool operator<(const Place& other) const;
    };

    std::vector<int> _free;
    std::vector<Place> _others;  // in their order
    Timestamp _ownSince;
    bool _farOwner = false;
    std::chrono::milliseconds _untilExpiry = std::chrono::hours(1);
};

}  // namespace rtbatch
