#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

namespace rtbatch {

/// A parked stream, as the monitor sees it. Called from the monitor's thread: must not block, throw, nor call
/// the monitor.
class Watched {
public:
    virtual ~Watched() = default;
    virtual void departed() = 0;  ///< the other side has closed its connection
    virtual void due() = 0;       ///< the time asked for has come
    virtual void torn() = 0;      ///< the program stops: end without a clean end
};

/// One thread that watches the sockets of all parked streams for departures, and their clocks.
class Monitor {
public:
    using Clock = std::chrono::steady_clock;
    using Ticket = std::uint64_t;

    Monitor();   ///< throws std::system_error without descriptors
    ~Monitor();  ///< joins
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// Watches `descriptor` (-1: only the clock), until forget(). Call forget() before the descriptor is
    /// closed.
    /// Keeps it alive: a stream whose flights have all landed waits here, and nowhere else, for its last
    /// group to be read.
    Ticket watch(int descriptor, std::shared_ptr<Watched> watched, Clock::time_point due);

    /// Sets when due() is called next, once.
    void rearm(Ticket ticket, Clock::time_point due);

    void forget(Ticket ticket);

    /// Calls torn() on all that are watched.
    void tearAll();

private:
    struct Entry {
        int descriptor;
        std::shared_ptr<Watched> watched;
        Clock::time_point due;
    };
    using Alarms = std::set<std::pair<Clock::time_point, Ticket>>;

    void run();
    void setDue(Ticket ticket, Entry& entry, Clock::time_point due);
    void wakeThread() const;
    std::shared_ptr<Watched> find(Ticket ticket);
    int timeToNextAlarm();
    std::shared_ptr<Watched> nextDue(Clock::time_point time);
    void ringAlarms();

    int _epoll;
    int _wake;
    std::mutex _mutex;
    Ticket _nextTicket = 1;                      // guarded by _mutex; 0 is the wake-up descriptor
    std::unordered_map<Ticket, Entry> _entries;  // guarded by _mutex
    Alarms _alarms;                              // guarded by _mutex
    bool _stopping = false;                      // guarded by _mutex
    std::jthread _thread;
};

/// Whether the other side of an exchange's descriptor has gone, as far as can be seen; false for -1.
bool hasDeparted(int descriptor);

}  // namespace rtbatch
