#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rtbatch {

/// A few threads that run short tasks in the order posted. The queue is as long as its posters make it: one
/// task for each new connection and at most one for each open stream, and the acceptor bounds both.
class WorkerPool {
public:
    explicit WorkerPool(int threads);
    ~WorkerPool();  ///< runs what was posted, then joins
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Never blocks. The task must not throw.
    void post(std::function<void()> task);

    /// Whether a thread is free for what is posted next.
    bool hasIdle() const;

private:
    void run();

    mutable std::mutex _mutex;
    std::condition_variable _posted;
    std::deque<std::function<void()>> _tasks;  // guarded by _mutex
    std::size_t _idle = 0;                     // guarded by _mutex; threads that wait for a task
    bool _stopping = false;                    // guarded by _mutex
    std::vector<std::jthread> _threads;
};

}  // namespace rtbatch
