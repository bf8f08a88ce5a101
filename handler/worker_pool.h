#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rtbatch {

/// Something short that a worker does. It stands in the queue itself, so that posting it needs no memory.
class Task {
public:
    Task() = default;
    virtual ~Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    /// What it throws is logged, and ends nothing but this task.
    virtual void run() = 0;

private:
    friend class WorkerPool;
    std::shared_ptr<Task> _next;  // of the pool whose queue it stands in
};

/// A few threads that run short tasks in the order posted. The queue is as long as its posters make it: one
/// task for each new connection and at most one for each open stream, and the acceptor bounds both.
class WorkerPool {
public:
    explicit WorkerPool(int threads);
    ~WorkerPool();  ///< stops
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Never blocks. A task that stands in the queue must not be posted again before it has begun to run.
    /// After stop() it is dropped.
    void post(std::shared_ptr<Task> task) noexcept;

    /// The same for a function. Throws std::bad_alloc.
    void post(std::function<void()> function);

    /// Runs what was posted, then joins. From one thread.
    void stop();

private:
    void run();
    std::shared_ptr<Task> next();

    std::mutex _mutex;
    std::condition_variable _posted;
    std::shared_ptr<Task> _first;  // guarded by _mutex
    Task* _last = nullptr;         // guarded by _mutex
    bool _stopping = false;        // guarded by _mutex
    std::vector<std::jthread> _threads;
};

}  // namespace rtbatch
