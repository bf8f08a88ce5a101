#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "common/lease/lease.h"
#include "common/store/store.h"

namespace rtbatch {

/// Who has a lock that is wanted.
struct LockHolder {
    std::string owner;  ///< `HOST:PID:START` of the process
    Timestamp since;
};

/// Takes the lock `name`, or says who holds it. One whose holder was killed on this host is free at once; of
/// another host's it is when it ends. Throws StoreError.
std::variant<Lease, LockHolder> takeLock(Store& store, Leases& leases, const std::string& name,
                                         std::chrono::milliseconds term);

}  // namespace rtbatch
