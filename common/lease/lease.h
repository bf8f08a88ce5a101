#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/lease/owner.h"
#include "common/model/deadline.h"
#include "common/store/store.h"

namespace rtbatch {

/// A lease that this process holds: a named claim in the database that others respect until it ends. Moves,
/// never copies; given back once, at the latest when it is destroyed. A process that dies keeps its leases
/// until they end.
class Lease {
public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

    const std::string& name() const { return _name; }

    /// Until when it is surely ours. Counted from before the database was asked, so never later than the end
    /// that others see, however slow the answer and whatever the host's clock says.
    Deadline deadline() const { return _deadline; }

    /// It lasts for `term` from now. False when it had ended; then it is not ours any more. Throws
    /// StoreError, and is then as it was.
    bool renew(std::chrono::milliseconds term);

    /// Gives `given` back and takes this one anew, for `term` from now: the end of the line again. False when
    /// this one had ended. Throws StoreError; then both are as they were.
    bool retakeFor(Lease& given, std::chrono::milliseconds term);

    /// Gives it back. Never throws: what cannot be given back ends by itself.
    void release() noexcept;

    /// Forgets it without giving it back, as a process does that is killed.
    void abandon() { _store = nullptr; }

private:
    friend class Leases;
    Lease(Store& store, std::string name, std::string owner, Deadline deadline);

    Store* _store;  // null: not held any more
    std::string _name;
    std::string _owner;
    Deadline _deadline;
};

/// Takes leases for this process. Safe from any thread; must outlive its leases.
class Leases {
public:
    /// `owner`: this process, but for tests that play several.
    explicit Leases(Store& store, Owner owner = Owner::self()) : _store(store), _owner(std::move(owner)) {}

    const Owner& owner() const { return _owner; }

    /// The lease, unless somebody holds it; nothing, too, when two were so close that the database refused
    /// one. Throws StoreError when there is no database to ask.
    std::optional<Lease> acquire(const std::string& name, std::chrono::milliseconds term);

    /// Those among `names` that nobody holds, in their order.
    std::vector<Lease> acquire(std::span<const std::string> names, std::chrono::milliseconds term);

    /// Gives them back together.
    void release(std::vector<Lease> leases) noexcept;

private:
    void releaseOfOneOwner(std::vector<Lease>& leases);
    std::string nextOwner();

    Store& _store;
    const Owner _owner;
    std::atomic<std::uint64_t> _count = 0;
};

}  // namespace rtbatch
