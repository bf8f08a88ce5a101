#include "common/fetch/slots.h"

namespace rtbatch {

LocalSlots::LocalSlots(int wikidata, int rottenTomatoes) {
    _counters[static_cast<std::size_t>(Upstream::wikidata)].free = wikidata;
    _counters[static_cast<std::size_t>(Upstream::rottenTomatoes)].free = rottenTomatoes;
}

std::optional<Slot> LocalSlots::acquire(Upstream upstream, Priority priority, Deadline deadline) {
    std::unique_lock lock(_mutex);
    Counter& counter = _counters[static_cast<std::size_t>(upstream)];
    const bool people = priority == Priority::people;
    int& waiting = counter.waiting[static_cast<std::size_t>(priority)];
    const int& peopleWaiting = counter.waiting[static_cast<std::size_t>(Priority::people)];
    ++waiting;
    const bool got = _changed.wait_until(lock, deadline.when(), [&] {
        return _closed || (counter.free > 0 && (people || peopleWaiting == 0));
    });
    --waiting;
    _changed.notify_all();  // the refresher may have waited for this one
    if (!got || _closed) {
        return std::nullopt;
    }
    --counter.free;
    return Slot([this, upstream] { giveBack(upstream); });
}

void LocalSlots::giveBack(Upstream upstream) {
    const std::scoped_lock lock(_mutex);
    ++_counters[static_cast<std::size_t>(upstream)].free;
    _changed.notify_all();
}

void LocalSlots::close() {
    const std::scoped_lock lock(_mutex);
    _closed = true;
    _changed.notify_all();
}

int LocalSlots::waiting(Upstream upstream, Priority priority) const {
    const std::scoped_lock lock(_mutex);
    return _counters[static_cast<std::size_t>(upstream)].waiting[static_cast<std::size_t>(priority)];
}

}  // namespace rtbatch
