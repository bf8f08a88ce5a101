#include "common/store/connection_pool.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/store/store.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Of MySQL. Shared hosts allow few connections, and what one process keeps the others cannot have; a new
/// one costs a millisecond.
constexpr std::chrono::seconds kIdleLimit = 2s;

/// Where the server allows no more connections it is asked again after so long: another process may have
/// closed one.
constexpr std::chrono::milliseconds kCrowdedPause = 100ms;

bool idleTooLong(const Connection& connection) {
    return Deadline::Clock::now() - connection.lastUsed() > kIdleLimit;
}

}  // namespace

ConnectionPool::Lease::Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection)
    : _pool(pool), _connection(std::move(connection)) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept = default;

ConnectionPool::Lease::~Lease() {
    if (_connection) {
        _pool.giveBack(std::move(_connection));
    }
}

void ConnectionPool::Lease::drop() {
    _pool.discard(std::move(_connection));
}

ConnectionPool::ConnectionPool(DatabaseUrl url, std::size_t limit, std::chrono::milliseconds timeout,
                               std::string leaseClock)
    : _url(std::move(url)), _limit(limit), _timeout(timeout), _leaseClock(std::move(leaseClock)) {
    // So that neither taking a connection nor giving it back can fail for want of memory.
    _idle.reserve(limit);
    _inUse.reserve(limit);
}

ConnectionPool::Lease ConnectionPool::take(Deadline deadline, bool fresh) {
    for (;;) {
        std::unique_ptr<Connection> kept = waitForPlace(deadline);
        if (kept && !fresh && !isOld(*kept)) {
            return {*this, std::move(kept)};
        }
        if (kept) {
            const std::lock_guard lock(_mutex);
            std::erase(_inUse, kept.get());
        }
        kept.reset();
        try {
            return open(deadline);
        } catch (const StoreError& error) {
            if (error.kind() != StoreError::Kind::crowded || deadline.passed()) {
                throw;
            }
            const std::lock_guard lock(_mutex);
            _crowdedUntil = Clock::now() + kCrowdedPause;
        }
    }
}

/// An idle connection, or nothing but the place for a new one.
std::unique_ptr<Connection> ConnectionPool::waitForPlace(Deadline deadline) {
    std::unique_lock lock(_mutex);
    const auto givenUp = _givenUp;
    for (;;) {
        if (!_idle.empty()) {
            auto kept = std::move(_idle.back());  // the one used last, so that the others may grow old and go
            _idle.pop_back();
            _inUse.push_back(kept.get());
            return kept;
        }
        const auto now = Clock::now();
        const bool room = _places < _limit;
        if (room && now >= _crowdedUntil) {
            ++_places;
            return nullptr;
        }
        if (deadline.passed()) {
            const std::string mine = "all " + std::to_string(_places) + " connections to the database (" +
                                     _url.describe() + ") were in use for " +
                                     std::to_string(_timeout.count()) + " ms";
            throw StoreError(mine + (room ? ", and the server allows no more" : ""),
                             StoreError::Kind::crowded);
        }
        _changed.wait_until(lock, room ? std::min(deadline.when(), _crowdedUntil) : deadline.when());
        if (_givenUp != givenUp) {
            throw StoreError(_why, StoreError::Kind::noAnswer);
        }
    }
}

ConnectionPool::Lease ConnectionPool::open(Deadline deadline) {
    try {
        auto connection =
            std::make_unique<Connection>(_url, Connection::Mode::use, _timeout, deadline, _leaseClock);
        const std::lock_guard lock(_mutex);
        _inUse.push_back(connection.get());
        return {*this, std::move(connection)};
    } catch (...) {
        freePlaces(1);
        throw;
    }
}

/// SQLite's are files, which nobody counts; and opening one on a disk that is full may fail.
bool ConnectionPool::isOld(const Connection& connection) const {
    return _url.dialect == Dialect::mysql && idleTooLong(connection);
}

void ConnectionPool::giveBack(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock(_mutex);
        std::erase(_inUse, connection.get());
        _idle.push_back(std::move(connection));
    }
    _changed.notify_one();
}

void ConnectionPool::discard(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock(_mutex);
        std::erase(_inUse, connection.get());
    }
    connection.reset();
    freePlaces(1);
}

void ConnectionPool::freePlaces(std::size_t count) {
    {
        const std::lock_guard lock(_mutex);
        _places -= count;
    }
    _changed.notify_all();
}

void ConnectionPool::closeIdle() {
    std::vector<std::unique_ptr<Connection>> closing;
    closing.reserve(_limit);
    {
        const std::lock_guard lock(_mutex);
        closing.swap(_idle);
    }
    const auto count = closing.size();
    closing.clear();
    freePlaces(count);
}

void ConnectionPool::closeOld() {
    std::vector<std::unique_ptr<Connection>> closing;
    closing.reserve(_limit);
    {
        const std::lock_guard lock(_mutex);
        while (!_idle.empty() && isOld(*_idle.front())) {
            closing.push_back(std::move(_idle.front()));
            _idle.erase(_idle.begin());
        }
    }
    const auto count = closing.size();
    closing.clear();
    freePlaces(count);
}

void ConnectionPool::giveUp(const std::string& why) {
    {
        const std::lock_guard lock(_mutex);
        ++_givenUp;
        _why = why;
        _changed.notify_all();
    }
    closeIdle();
}

void ConnectionPool::interrupt() {
    {
        const std::lock_guard lock(_mutex);
        for (const Connection* connection : _inUse) {
            connection->interrupt();
        }
    }
    giveUp("the program stops");
}

}  // namespace rtbatch
