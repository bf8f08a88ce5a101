#include "common/lease/lease.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace rtbatch {

Lease::Lease(Store& store, std::string name, std::string owner, Deadline deadline)
    : _store(&store), _name(std::move(name)), _owner(std::move(owner)), _deadline(deadline) {}

Lease::Lease(Lease&& other) noexcept
    : _store(std::exchange(other._store, nullptr)),
      _name(std::move(other._name)),
      _owner(std::move(other._owner)),
      _deadline(other._deadline) {}

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this != &other) {
        release();
        _store = std::exchange(other._store, nullptr);
        _name = std::move(other._name);
        _owner = std::move(other._owner);
        _deadline = other._deadline;
    }
    return *this;
}

Lease::~Lease() {
    release();
}

bool Lease::renew(std::chrono::milliseconds term) {
    const Deadline deadline = Deadline::in(term);
    if (_store == nullptr || !_store->renewLease(_name, _owner, term)) {
        _store = nullptr;
        return false;
    }
    _deadline = deadline;
    return true;
}

bool Lease::retakeFor(Lease& given, std::chrono::milliseconds term) {
    const Deadline deadline = Deadline::in(term);
    if (_store == nullptr) {
        given.release();
        return false;
    }
    const bool retaken = _store->exchangeLeases({given._name, given._owner}, {_name, _owner}, term);
    given.abandon();
    if (!retaken) {
        release();  // one of the two had ended; if it was the other one, this one has just been prolonged
        return false;
    }
    _deadline = deadline;
    return true;
}

void Lease::release() noexcept {
    Store* const store = std::exchange(_store, nullptr);
    if (store == nullptr) {
        return;
    }
    try {
        store->releaseLeases({&_name, 1}, _owner);
    } catch (const std::exception& error) {
        logFailure(Poco::Logger::get("rtbatch.lease"), Poco::Message::PRIO_DEBUG, "a lease ends by itself",
                   error);
    }
}

std::optional<Lease> Leases::acquire(const std::string& name, std::chrono::milliseconds term) {
    const Deadline deadline = Deadline::in(term);
    std::string owner = nextOwner();
    try {
        if (_store.acquireLease(name, owner, term)) {
            return Lease(_store, name, std::move(owner), deadline);
        }
    } catch (const StoreError& error) {
        if (!error.conflict()) {
            throw;
        }
    }
    return std::nullopt;
}

std::vector<Lease> Leases::acquire(std::span<const std::string> names, std::chrono::milliseconds term) {
    std::vector<Lease> leases;
    if (names.size() == 1) {
        if (auto lease = acquire(names.front(), term)) {
            leases.push_back(std::move(*lease));
        }
        return leases;
    }
    const Deadline deadline = Deadline::in(term);
    const std::string owner = nextOwner();
    try {
        const auto taken =
            names.empty() ? std::vector<std::string>{} : _store.acquireLeases(names, owner, term);
        for (const std::string& name : names) {
            if (std::ranges::find(taken, name) != taken.end()) {
                leases.push_back(Lease(_store, name, owner, deadline));
            }
        }
    } catch (const StoreError& error) {
        if (!error.conflict()) {
            throw;
        }
    }
    return leases;
}

void Leases::release(std::vector<Lease> leases) noexcept {
    try {
        while (leases.size() > 1) {
            releaseOfOneOwner(leases);
        }
    } catch (const std::exception&) {
        // One by one, then, as each goes: it says what became of it.
        leases.clear();
    }
}

void Leases::releaseOfOneOwner(std::vector<Lease>& leases) {
    const std::string owner = leases.back()._owner;
    std::vector<std::string> names;
    for (const Lease& lease : leases) {
        if (lease._owner == owner && lease._store != nullptr) {
            names.push_back(lease._name);
        }
    }
    _store.releaseLeases(names, owner);
    std::erase_if(leases, [&](Lease& lease) {
        const bool ended = lease._owner == owner;
        if (ended) {
            lease.abandon();
        }
        return ended;
    });
}

std::string Leases::nextOwner() {
    return _owner.text() + "#" + std::to_string(++_count);
}

}  // namespace rtbatch
