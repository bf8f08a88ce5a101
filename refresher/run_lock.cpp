#include "refresher/run_lock.h"

#include <Poco/Logger.h>

namespace rtbatch {

namespace {}  // namespace

RunLock::RunLock(Store& store, Leases& leases, const std::string& name, std::chrono::milliseconds term)
    : _term(term) {
    _lease = leases.acquire(name, _term);
    if (_lease) {
        return;
    }
    const LeaseView view = store.findLeases({&name, 1});
    if (!view.leases.empty() && Owner::parse(view.leases.front().owner).isDead()) {
        store.releaseLeases({&name, 1}, view.leases.front().owner);
        _lease = leases.acquire(name, _term);
    }
    if (!_lease) {
        _taken = view.leases.empty() ? Taken{"a process that has just begun", store.time()}
                                     : Taken{Owner::parse(view.leases.front().owner).describe(),
                                             view.leases.front().acquiredAt};
    }
}

bool RunLock::keep() {
    if (!_lease) {
        return false;
    }
    if (_lease->deadline().left() > _term * 2 / 3) {
        return true;
    }
    try {
        return _lease->renew(_term);
    } catch (const StoreError& error) {
        Poco::Logger::get("rtbatch.refresher")
            .warning("cannot renew the lock: %s", std::string(error.what()));
        return !_lease->deadline().passed();
    }
}

}  // namespace rtbatch
