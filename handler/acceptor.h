#pragma once

#include <poll.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/model/deadline.h"
#include "common/process/file_descriptor.h"
#include "handler/arrivals.h"
#include "handler/connection_count.h"
#include "handler/exchange.h"
#include "handler/listener.h"

namespace rtbatch {

/// Threads that accept the web server's connections. Each reads the request from its connection and gives it
/// to `handle`, so that an answer that needs nobody else takes no change of threads. Connections whose
/// request does not come at once go to one more thread, the attendant. It also accepts in their place while
/// all of them have been busy for a while (a database that hangs), and does not wait for the database.
///
/// Out of descriptors or memory they back off; with too many requests open they leave further connections in
/// the backlog.
class Acceptor {
public:
    /// `mayWait`: this thread may wait for the database.
    using Handle = std::function<void(std::unique_ptr<Exchange>, bool mayWait)>;

    /// At most `maxConnections` requests are open at once. The listener and the count outlive the acceptor.
    Acceptor(Listener& listener, int threads, ConnectionCount& connections, int maxConnections,
             Handle handle);
    ~Acceptor();  ///< stops, and waits for what is being handled
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// Accepts no more, and returns when nobody uses the listener any more. A request that is on its way has
    /// a moment to come; one that is being handled goes on.
    void stop();

private:
    /// Counts a thread among those that accept while it lives, unless the acceptor stops.
    class Accepting;

    void take();
    FileDescriptor next(int watch, bool served);
    FileDescriptor accept();
    void receive(FileDescriptor connection, bool mayWait);
    void leave(Arrival arrival);
    void handle(FileDescriptor connection, FastCgiRequest request, bool mayWait);
    void attend();
    void attendOnce(bool relieve);
    bool hasRoom() const;
    void wake() const;
    void backOff() const;
    void complain(const char* what, const std::string& why) noexcept;

    Listener& _listener;
    ConnectionCount& _connections;
    const int _maxConnections;
    const Handle _handle;
    const FileDescriptor _stopEvent;    // readable from stop() on
    const FileDescriptor _attendEvent;  // readable when the attendant has something to look at
    std::atomic<bool> _stopping = false;
    std::atomic<int> _accepting = 0;     // threads that wait for a connection
    std::atomic<unsigned> _handled = 0;  // requests whose handling has ended
    std::atomic<bool> _watched = false;  // the attendant knows that all are busy

    std::mutex _mutex;
    std::vector<Arrival> _late;                      // guarded by _mutex; for the attendant
    Deadline::Clock::time_point _mayComplainFrom{};  // guarded by _mutex

    // The attendant's own.
    Arrivals _arrivals;
    std::vector<pollfd> _polled;
    Deadline _stopBy = Deadline::at(Deadline::Clock::time_point::max());

    std::vector<std::jthread> _takers;
    std::jthread _attendant;
};

}  // namespace rtbatch
