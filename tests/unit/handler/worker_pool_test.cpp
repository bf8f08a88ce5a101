#include "handler/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

#include "handler/monitor.h"
#include "tests/support/eventually.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// A parked stream, as far as the pool and the monitor are concerned.
class Parked : public Task, public Watched, public std::enable_shared_from_this<Parked> {
public:
    explicit Parked(WorkerPool& workers) : _workers(workers) {}
    void departed() override { _workers.post(std::shared_ptr<Task>(shared_from_this())); }
    void due() override {
        ++alarms;
        departed();
    }
    void torn() override { departed(); }
    void run() override { ++steps; }

    std::atomic<int> alarms = 0;
    std::atomic<int> steps = 0;

private:
    WorkerPool& _workers;
};

}  // namespace

TEST_CASE("tasks are run in the order posted, and those that stand in the queue when it stops too") {
    std::vector<int> order;
    WorkerPool workers(1);
    for (int i = 0; i < 100; ++i) {
        workers.post([&order, i] { order.push_back(i); });
    }
    workers.stop();
    REQUIRE(order.size() == 100);
    CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("a task that throws ends itself only") {
    WorkerPool workers(1);
    std::atomic<bool> ran = false;
    workers.post([] { throw std::runtime_error("no good"); });
    workers.post([&] { ran = true; });
    workers.stop();
    CHECK(ran);
}

TEST_CASE("whatever happens to a parked stream after the pool has stopped does no harm") {
    WorkerPool workers(1);
    Monitor monitor;
    const auto parked = std::make_shared<Parked>(workers);
    monitor.watch(-1, parked, Monitor::Clock::now());
    REQUIRE(eventually(20s, [&] { return parked->steps == 1; }));
    workers.stop();
    monitor.watch(-1, parked, Monitor::Clock::now());
    REQUIRE(eventually(20s, [&] { return parked->alarms == 2; }));
    monitor.tearAll();
    CHECK(parked->steps == 1);
    CHECK(parked.use_count() == 3);  // ours and the monitor's two: no queue keeps it
}
