#include "common/fetch/fair_queue.h"

#include <new>

namespace rtbatch {

void FairQueue::push(const FlightListener* lane, Priority priority, std::shared_ptr<Flight> flight) {
    if (const auto known = _places.find(lane); known != _places.end()) {
        known->second.lane->flights.push_back(std::move(flight));
        ++known->second.account->size;
        ++sizeOf(known->second.priority);
        return;
    }
    // All that needs memory first, so that nothing is half done when there is none.
    std::list<Lane> newLane;
    newLane.push_back({lane, {}});
    newLane.back().flights.push_back(std::move(flight));
    Ring newAccount;
    AccountKey key{priority, std::string(lane->account())};
    const auto known = _accounts.find(key);
    if (known == _accounts.end()) {
        newAccount.push_back({key.second});
    }
    const auto account = known == _accounts.end() ? newAccount.begin() : known->second;
    const auto place = _places.emplace(lane, Place{priority, account, newLane.begin()}).first;
    try {
        _accounts.emplace(std::move(key), account);  // does nothing where it is known
    } catch (const std::bad_alloc&) {
        _places.erase(place);
        throw;
    }
    ringOf(priority).splice(ringOf(priority).end(), newAccount);
    account->lanes.splice(account->lanes.end(), newLane);
    ++account->size;
    ++sizeOf(priority);
}

std::shared_ptr<Flight> FairQueue::pop() {
    if (empty()) {
        return nullptr;
    }
    const Priority priority = mostUrgent();
    Ring& ring = ringOf(priority);
    Account& account = ring.front();
    Lane& lane = account.lanes.front();
    std::shared_ptr<Flight> flight = std::move(lane.flights.front());
    lane.flights.pop_front();
    --account.size;
    --sizeOf(priority);
    if (lane.flights.empty()) {
        _places.erase(lane.owner);
        account.lanes.pop_front();
    } else {
        account.lanes.splice(account.lanes.end(), account.lanes, account.lanes.begin());
    }
    ring.splice(ring.end(), ring, ring.begin());
    forgetIfEmpty(priority, std::prev(ring.end()));
    return flight;
}

void FairQueue::forgetIfEmpty(Priority priority, Ring::iterator account) {
    if (account->lanes.empty()) {
        _accounts.erase({priority, account->name});
        ringOf(priority).erase(account);
    }
}

std::size_t FairQueue::sizeOf(std::string_view account) const {
    std::size_t size = 0;
    for (const Priority priority : {Priority::people, Priority::refresher}) {
        const auto known = _accounts.find({priority, std::string(account)});
        size += known == _accounts.end() ? 0 : known->second->size;
    }
    return size;
}

void FairQueue::drop(const FlightListener* lane) {
    const auto found = _places.find(lane);
    if (found == _places.end()) {
        return;
    }
    const Place place = found->second;
    const std::size_t dropped = place.lane->flights.size();
    sizeOf(place.priority) -= dropped;
    place.account->size -= dropped;
    place.account->lanes.erase(place.lane);
    _places.erase(found);
    forgetIfEmpty(place.priority, place.account);
}

void FairQueue::clear() {
    _sizes = {};
    _places.clear();
    _accounts.clear();
    for (Ring& ring : _rings) {
        ring.clear();
    }
}

}  // namespace rtbatch
