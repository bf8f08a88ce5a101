#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "handler/connection_count.h"
#include "handler/exchange.h"
#include "handler/listener.h"
#include "handler/worker_pool.h"

namespace rtbatch {

/// One thread that accepts the web server's connections and hands each to the workers, which read the request
/// from it and give it to `handle`. Out of descriptors it backs off; with too many connections open it leaves
/// the others in the backlog.
class Acceptor {
public:
    using Handle = std::function<void(std::unique_ptr<Exchange>)>;

    /// At most `maxConnections` are open at once. The listener, the workers and the count outlive the
    /// acceptor.
    Acceptor(Listener& listener, WorkerPool& workers, ConnectionCount& connections, int maxConnections,
             Handle handle);
    ~Acceptor();  ///< stops
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Accepts no more; returns when the thread has ended.
    void stop();

private:
    void run();
    void acceptOne();
    bool waitFor(int milliseconds, bool forConnection) const;

    Listener& _listener;
    WorkerPool& _workers;
    ConnectionCount& _connections;
    const int _maxConnections;
    const Handle _handle;
    int _wake;
    std::atomic<bool> _stopping = false;
    std::jthread _thread;
};

}  // namespace rtbatch
