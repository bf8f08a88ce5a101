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
    counter.peopleWaiting += people ? 1 : 0;
    const bool got = _changed.wait_until(lock, deadline.when(), [&] {
        return _closed || (counter.free > 0 && (people || counter.peopleWaiting == 0));
    });
    counter.peopleWaiting -= people ? 1 : 0;
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

}  // namespace rtbatch
