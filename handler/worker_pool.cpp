#include "handler/worker_pool.h"

#include <utility>

#include "common/metrics/metrics.h"

namespace rtbatch {

WorkerPool::WorkerPool(int threads) {
    for (int i = 0; i < threads; ++i) {
        _threads.emplace_back([this] { run(); });
    }
}

WorkerPool::~WorkerPool() {
    const std::scoped_lock lock(_mutex);
    _stopping = true;
    _posted.notify_all();
}

void WorkerPool::post(std::function<void()> task) {
    const std::scoped_lock lock(_mutex);
    _tasks.push_back(std::move(task));
    metrics().queueLength.add(QueueName::workers, 1);
    _posted.notify_one();
}

bool WorkerPool::hasIdle() const {
    const std::scoped_lock lock(_mutex);
    return _idle > _tasks.size();
}

void WorkerPool::run() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(_mutex);
            ++_idle;
            _posted.wait(lock, [this] { return _stopping || !_tasks.empty(); });
            --_idle;
            if (_tasks.empty()) {
                return;
            }
            task = std::move(_tasks.front());
            _tasks.pop_front();
            metrics().queueLength.add(QueueName::workers, -1);
        }
        task();
    }
}

}  // namespace rtbatch
