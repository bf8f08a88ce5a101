#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/model/deadline.h"
#include "handler/arrivals.h"
#include "handler/connection_count.h"
#include "handler/exchange.h"
#include "handler/listener.h"
#include "handler/worker_pool.h"

namespace rtbatch {

/// One thread that accepts the web server's connections, reads the request from each as it comes, and has a
/// worker give it to `handle` when it is whole. Out of descriptors or memory it backs off; with too many
/// requests open it leaves further connections in the backlog.
class Acceptor {
public:
    using Handle = std::function<void(std::unique_ptr<Exchange>)>;

    /// At most `maxConnections` requests are open at once. The listener, the workers and the count outlive
    /// the acceptor.
    Acceptor(Listener& listener, WorkerPool& workers, ConnectionCount& connections, int maxConnections,
             Handle handle);
    ~Acceptor();  ///< stops
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Accepts no more; returns when the thread has ended. A request that is on its way has a moment to
    /// come.
    void stop();

private:
    void run();
    void turn();
    void waitForNews();
    void acceptOne();
    void handOn(FileDescriptor connection, FastCgiRequest request);
    void backOff() const;
    void complain(const char* what, const std::string& why) noexcept;

    Listener& _listener;
    WorkerPool& _workers;
    ConnectionCount& _connections;
    const int _maxConnections;
    const Handle _handle;
    int _wake;
    std::atomic<bool> _stopping = false;

    // The thread's own.
    Arrivals _arrivals;
    std::vector<pollfd> _polled;
    Deadline _stopBy = Deadline::at(Deadline::Clock::time_point::max());
    Deadline::Clock::time_point _complained{};

    std::jthread _thread;
};

}  // namespace rtbatch
