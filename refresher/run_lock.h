#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/lease/lease.h"
#include "common/store/store.h"

namespace rtbatch {

/// Lets one process of the deployment do a job at a time: a lease of that name, which must be kept.
class RunLock {
public:
    /// Somebody else has it.
    struct Taken {
        std::string by;  ///< host and process, for a person
        Timestamp since;
    };

    /// Takes the lock; one whose owner is surely dead is ended for it. Throws StoreError.
    /// `term`: how long it outlives a process of another host that died. keep() must be called within two
    /// thirds of it.
    RunLock(Store& store, Leases& leases, const std::string& name,
            std::chrono::milliseconds term = std::chrono::seconds(60));

    /// Nothing when this process has it.
    const std::optional<Taken>& taken() const { return _taken; }

    /// To be called now and again, best every second: renews it when that is due. False when it was lost: the
    /// database was away for too long, and another process may have it now.
    bool keep();

private:
    const std::chrono::milliseconds _term;
    std::optional<Lease> _lease;
    std::optional<Taken> _taken;
};

}  // namespace rtbatch
