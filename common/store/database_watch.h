#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "common/model/deadline.h"
#include "common/store/database_url.h"

namespace rtbatch {

/// Knows that a database hangs, so that one call that had no answer is enough, and looks by itself until it
/// answers again: calls fail at once meanwhile. It also does what is to be done now and then for a store's
/// connections. Safe from any thread; its own begins with the first thing that there is for it to do.
class DatabaseWatch {
public:
    using Clock = Deadline::Clock;

    struct Hooks {
        std::function<void()> hangs;      ///< it has been found to hang
        std::function<void()> everyLook;  ///< every second
        std::function<void()> ended;      ///< the end of all calls has come; called again and again
    };

    DatabaseWatch(DatabaseUrl url, std::chrono::milliseconds timeout, Hooks hooks);
    ~DatabaseWatch();
    DatabaseWatch(const DatabaseWatch&) = delete;
    DatabaseWatch& operator=(const DatabaseWatch&) = delete;

    /// Throws StoreError while the database is known to hang, and after the end.
    void check() const;

    /// Of calls: which had an answer, good or bad; and which had none in all the time that a call has. One
    /// slow statement is no proof, if others had their answers since it began.
    void answered() { _answeredAt = Clock::now(); }
    void unanswered(Clock::time_point began);

    /// A call that had less time than others had no answer: looks whether the database hangs.
    void suspect();

    /// Has its thread run, for the sake of the hooks.
    void start();

    /// No call goes on after that.
    void endAt(Clock::time_point end);
    Deadline end() const { return Deadline::at(_end); }

private:
    void run();
    void look();
    void startLocked();
    void wake() const;

    const DatabaseUrl _url;
    const std::chrono::milliseconds _lookTime;
    const Hooks _hooks;
    const int _woken;  // eventfd
    std::atomic<bool> _hangs = false;
    std::atomic<bool> _started = false;
    std::atomic<Clock::time_point> _answeredAt{Clock::time_point{}};
    std::atomic<Clock::time_point> _end{Clock::time_point::max()};

    std::mutex _mutex;
    std::condition_variable _changed;
    bool _suspected = false;  // guarded by _mutex
    bool _stopping = false;   // guarded by _mutex
    std::jthread _thread;     // guarded by _mutex
};

}  // namespace rtbatch
