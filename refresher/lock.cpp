#include "refresher/lock.h"

#include <utility>

#include "common/lease/owner.h"

namespace rtbatch {

namespace {

/// Somebody may give it back, or die, between two looks.
constexpr int kTries = 5;

}  // namespace

std::variant<Lease, LockHolder> takeLock(Store& store, Leases& leases, const std::string& name,
                                         std::chrono::milliseconds term) {
    LockHolder holder{"somebody", now()};
    for (int i = 0; i < kTries; ++i) {
        if (auto lease = leases.acquire(name, term)) {
            return *std::move(lease);
        }
        const LeaseView view = store.findLeases({&name, 1});
        if (view.leases.empty()) {
            continue;
        }
        const LeaseRow& lease = view.leases.front();
        if (!Owner::parse(lease.owner).isDead()) {
            return LockHolder{lease.owner.substr(0, lease.owner.find('#')), lease.acquiredAt};
        }
        store.releaseLeases({&name, 1}, lease.owner);
    }
    return holder;
}

}  // namespace rtbatch
