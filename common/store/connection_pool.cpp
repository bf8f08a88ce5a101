#include "common/store/connection_pool.h"

#include <string>
#include <utility>

#include "common/store/store.h"

namespace rtbatch {

namespace {

/// Shared hosts close connections that were idle for 30 s; ours are closed before.
constexpr std::chrono::seconds kIdleLimit{20};

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
    _connection.reset();
    _pool.freePlaces(1);
}

ConnectionPool::ConnectionPool(DatabaseUrl url, std::size_t limit, std::chrono::milliseconds timeout,
                               std::string leaseClock)
    : _url(std::move(url)), _limit(limit), _timeout(timeout), _leaseClock(std::move(leaseClock)) {}

ConnectionPool::Lease ConnectionPool::take(Deadline deadline, bool fresh) {
    std::unique_ptr<Connection> kept;
    {
        std::unique_lock lock(_mutex);
        const bool free =
            _changed.wait_until(lock, deadline.when(), [this] { return !_idle.empty() || _places < _limit; });
        if (!free) {
            throw StoreError("all " + std::to_string(_limit) + " connections to the database (" +
                             _url.describe() + ") were in use for " + std::to_string(_timeout.count()) +
                             " ms");
        }
        if (_idle.empty()) {
            ++_places;
        } else {
            kept = std::move(_idle.back());  // the one used last, so that the others may grow old and go
            _idle.pop_back();
        }
    }
    if (kept && !fresh && !idleTooLong(*kept)) {
        return {*this, std::move(kept)};
    }
    kept.reset();
    return open(deadline);
}

ConnectionPool::Lease ConnectionPool::open(Deadline deadline) {
    try {
        return {*this,
                std::make_unique<Connection>(_url, Connection::Mode::use, _timeout, deadline, _leaseClock)};
    } catch (...) {
        freePlaces(1);
        throw;
    }
}

void ConnectionPool::giveBack(std::unique_ptr<Connection> connection) {
    std::unique_ptr<Connection> old;  // closed after the lock is gone
    {
        const std::lock_guard lock(_mutex);
        _idle.push_back(std::move(connection));
        if (idleTooLong(*_idle.front())) {
            old = std::move(_idle.front());
            _idle.pop_front();
            --_places;
        }
    }
    _changed.notify_one();
}

void ConnectionPool::freePlaces(std::size_t count) {
    {
        const std::lock_guard lock(_mutex);
        _places -= count;
    }
    _changed.notify_all();
}

void ConnectionPool::closeIdle() {
    std::deque<std::unique_ptr<Connection>> closing;
    {
        const std::lock_guard lock(_mutex);
        closing.swap(_idle);
    }
    const auto count = closing.size();
    closing.clear();
    freePlaces(count);
}

}  // namespace rtbatch
