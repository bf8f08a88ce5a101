#include "common/fetch/fair_queue.h"

#include <utility>

namespace rtbatch {

void FairQueue::push(const FlightListener* lane, Priority priority, std::shared_ptr<Flight> flight) {
    ++_size;
    const auto known = _places.find(lane);
    if (known != _places.end()) {
        known->second.lane->flights.push_back(std::move(flight));
        return;
    }
    Ring& ring = _rings[static_cast<std::size_t>(priority)];
    ring.push_back({lane, {}});
    ring.back().flights.push_back(std::move(flight));
    _places.emplace(lane, Place{&ring, std::prev(ring.end())});
}

std::shared_ptr<Flight> FairQueue::pop() {
    for (Ring& ring : _rings) {
        if (ring.empty()) {
            continue;
        }
        Lane& lane = ring.front();
        std::shared_ptr<Flight> flight = std::move(lane.flights.front());
        lane.flights.pop_front();
        --_size;
        if (lane.flights.empty()) {
            _places.erase(lane.owner);
            ring.pop_front();
        } else {
            ring.splice(ring.end(), ring, ring.begin());
        }
        return flight;
    }
    return nullptr;
}

void FairQueue::drop(const FlightListener* lane) {
    const auto place = _places.find(lane);
    if (place != _places.end()) {
        _size -= place->second.lane->flights.size();
        place->second.ring->erase(place->second.lane);
        _places.erase(place);
    }
}

void FairQueue::clear() {
    _size = 0;
    _places.clear();
    for (Ring& ring : _rings) {
        ring.clear();
    }
}

}  // namespace rtbatch
