#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/model/deadline.h"
#include "common/store/connection.h"

namespace rtbatch {

/// A bounded set of connections that are kept open between calls. Made instead of Poco's SessionPool, which
/// throws at once when it is exhausted, connects under its lock and hands out dead sessions. Safe from any
/// thread.
class ConnectionPool {
public:
    /// The permission to use one connection; it goes back when this is destroyed.
    class Lease {
    public:
        Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection);
        ~Lease();
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        Connection* operator->() const { return _connection.get(); }
        Connection& operator*() const { return *_connection; }

        /// Closes the connection instead of giving it back: it failed.
        void drop();

    private:
        ConnectionPool& _pool;
        std::unique_ptr<Connection> _connection;
    };

    /// Opens nothing yet. `timeout` and `leaseClock`: see Connection.
    ConnectionPool(DatabaseUrl url, std::size_t limit, std::chrono::milliseconds timeout,
                   std::string leaseClock);
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;
    ~ConnectionPool() = default;

    /// A kept connection, or a new one; waits for a free place until `deadline`. `fresh`: only a new one will
    /// do. Where the server allows no more of them the pool is full too: then one of those that there are is
    /// waited for. Throws StoreError.
    Lease take(Deadline deadline, bool fresh);

    /// Closes every connection that is not in use: the database went away, so they are all dead.
    void closeIdle();

    /// Closes those that were not used for long: others may need them, where few are allowed.
    void closeOld();

    /// Whoever waits for a connection now is told so, and the idle ones are closed.
    void giveUp(const std::string& why);

    /// The same, and ends whatever waits for the database on a connection.
    void interrupt();

private:
    using Clock = Deadline::Clock;

    std::unique_ptr<Connection> waitForPlace(Deadline deadline);
    Lease open(Deadline deadline);
    bool isOld(const Connection& connection) const;
    void giveBack(std::unique_ptr<Connection> connection);
    void discard(std::unique_ptr<Connection> connection);
    void freePlaces(std::size_t count);

    const DatabaseUrl _url;
    const std::size_t _limit;
    const std::chrono::milliseconds _timeout;
    const std::string _leaseClock;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::vector<std::unique_ptr<Connection>> _idle;  // guarded by _mutex; the longest unused first
    std::vector<const Connection*> _inUse;           // guarded by _mutex
    std::size_t _places = 0;                         // guarded by _mutex; open, being opened or in use
    Clock::time_point _crowdedUntil{};  // guarded by _mutex; the server allows no more until then
    std::uint64_t _givenUp = 0;         // guarded by _mutex; how often giveUp() was called
    std::string _why;                   // guarded by _mutex; why, the last time
};

}  // namespace rtbatch
