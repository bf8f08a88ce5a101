#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/fetch/flight.h"

namespace rtbatch {

struct Flight;

/// Flights that wait for a worker, fair between those who wait. Accounts (the holders of keys) take turns,
/// however many batches each has; within an account each listener has a lane, and the lanes take turns, so
/// that a batch of 50 does not make a batch of 1 wait for all 50. People's lanes go before the refresher's. A
/// flight that several listeners want stands in each one's lane and leaves with the first; what is popped may
/// therefore be under way already, and the caller skips it. Not synchronised: the fetcher's lock guards it.
class FairQueue {
public:
    /// Throws std::bad_alloc, and is then as it was.
    void push(const FlightListener* lane, Priority priority, std::shared_ptr<Flight> flight);

    /// The next flight, or null when there is none.
    std::shared_ptr<Flight> pop();

    /// How many stand in it: a flight once for each lane.
    std::size_t size() const { return _sizes[0] + _sizes[1]; }
    std::size_t size(Priority priority) const { return _sizes[static_cast<std::size_t>(priority)]; }
    /// How many of them are an account's.
    std::size_t sizeOf(std::string_view account) const;

    bool empty() const { return size() == 0; }

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
    struct Account {
        std::string name;
        std::list<Lane> lanes{};  // the front lane is the next to be served
        std::size_t size = 0;     // of all lanes
    };
    using Ring = std::list<Account>;  // likewise
    using AccountKey = std::pair<Priority, std::string>;
    struct Place {
        Priority priority;
        Ring::iterator account;
        std::list<Lane>::iterator lane;
    };

    Ring& ringOf(Priority priority) { return _rings[static_cast<std::size_t>(priority)]; }
    std::size_t& sizeOf(Priority priority) { return _sizes[static_cast<std::size_t>(priority)]; }
    void forgetIfEmpty(Priority priority, Ring::iterator account);

    std::array<std::size_t, 2> _sizes{};  // by priority
    std::array<Ring, 2> _rings;           // by priority; no account in them is empty
    std::map<AccountKey, Ring::iterator> _accounts;
    std::unordered_map<const FlightListener*, Place> _places;
};

}  // namespace rtbatch
