#include "handler/connection_count.h"

namespace rtbatch {

void ConnectionCount::add() {
    const std::scoped_lock lock(_mutex);
    ++_open;
}

void ConnectionCount::remove() {
    const std::scoped_lock lock(_mutex);
    --_open;
    _changed.notify_all();
}

int ConnectionCount::value() const {
    const std::scoped_lock lock(_mutex);
    return _open;
}

bool ConnectionCount::waitForNone(Deadline deadline) {
    std::unique_lock lock(_mutex);
    return _changed.wait_until(lock, deadline.when(), [this] { return _open == 0; });
}

void ConnectionCount::waitForRoom(int most, Deadline deadline) {
    std::unique_lock lock(_mutex);
    _changed.wait_until(lock, deadline.when(), [&] { return _open < most; });
}

}  // namespace rtbatch
