#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

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
    /// do. Throws StoreError.
    Lease take(Deadline deadline, bool fresh);

    /// Closes every connection that is not in use: the database went away, so they are all dead.
    void closeIdle();

private:
    Lease open(Deadline deadline);
    void giveBack(std::unique_ptr<Connection> connection);
    void freePlaces(std::size_t count);

    const DatabaseUrl _url;
    const std::size_t _limit;
    const std::chrono::milliseconds _timeout;
    const std::string _leaseClock;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::deque<std::unique_ptr<Connection>> _idle;  // guarded by _mutex; the longest unused first
    std::size_t _places = 0;                        // guarded by _mutex; open, being opened or in use
};

}  // namespace rtbatch
