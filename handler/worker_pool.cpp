#include "handler/worker_pool.h"

#include <Poco/Logger.h>

#include <exception>
#include <utility>

#include "common/log/log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

class FunctionTask : public Task {
public:
    explicit FunctionTask(std::function<void()> function) : _function(std::move(function)) {}
    void run() override { _function(); }

private:
    const std::function<void()> _function;
};

}  // namespace

WorkerPool::WorkerPool(int threads) {
    for (int i = 0; i < threads; ++i) {
        _threads.emplace_back([this] { run(); });
    }
}

WorkerPool::~WorkerPool() {
    stop();
}

void WorkerPool::stop() {
    {
        const std::scoped_lock lock(_mutex);
        _stopping = true;
        _posted.notify_all();
    }
    _threads.clear();  // joins
}

void WorkerPool::post(std::shared_ptr<Task> task) noexcept {
    const std::scoped_lock lock(_mutex);
    if (_stopping) {
        return;
    }
    Task* const last = task.get();
    (_first ? _last->_next : _first) = std::move(task);
    _last = last;
    metrics().queueLength.add(QueueName::workers, 1);
    _posted.notify_one();
}

void WorkerPool::post(std::function<void()> function) {
    post(std::make_shared<FunctionTask>(std::move(function)));
}

/// Null when there will be none any more.
std::shared_ptr<Task> WorkerPool::next() {
    std::unique_lock lock(_mutex);
    _posted.wait(lock, [this] { return _stopping || _first; });
    std::shared_ptr<Task> task = std::move(_first);
    if (task) {
        _first = std::move(task->_next);
        metrics().queueLength.add(QueueName::workers, -1);
    }
    return task;
}

void WorkerPool::run() {
    while (const auto task = next()) {
        try {
            task->run();
        } catch (const std::exception& error) {
            logFailure(Poco::Logger::get("rtbatch.handler"), Poco::Message::PRIO_ERROR,
                       "a request or a stream failed", error);
        }
    }
}

}  // namespace rtbatch
