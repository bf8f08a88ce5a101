#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <unordered_map>

#include "common/fetch/flight.h"

namespace rtbatch {

struct Flight;

/// Flights that wait for a worker, fair between those who wait: each listener has a lane, the lanes take
/// turns, so that a batch of 50 does not make a batch of 1 wait for all 50. People's lanes go before the
/// refresher's. A flight that several listeners want stands in each one's lane and leaves with the first;
/// what is popped may therefore be under way already, and the caller skips it. Not synchronised: the
/// fetcher's lock guards it.
class FairQueue {
public:
    void push(const FlightListener* lane, Priority priority, std::shared_ptr<Flight> flight);

    /// The next flight, or null when there is none.
    std::shared_ptr<Flight> pop();

    /// How many stand in it: a flight once for each lane.
    std::size_t size() const { return _size; }

    bool empty() const { return _rings[0].empty() && _rings[1].empty(); }

    /// Of what would be popped next. Only when not empty.
    Priority mostUrgent() const { return _rings[0].empty() ? Priority::refresher : Priority::people; }

    /// Forgets a lane and what stands in it.
    void drop(const FlightListener* lane);

    void clear();

private:
    struct Lane {
        const FlightListener* owner;
        std::deque<std::shared_ptr<Flight>> flights;
    };
    using Ring = std::list<Lane>;  // the front lane is the next to be served
    struct Place {
        Ring* ring;
        Ring::iterator lane;
    };

    std::size_t _size = 0;
    std::array<Ring, 2> _rings;  // by priority
    std::unordered_map<const FlightListener*, Place> _places;
};

}  // namespace rtbatch
