// Whatever processes do and in whatever order, a lease never has two owners.
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "common/lease/lease.h"
#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr int kProcesses = 5;
constexpr std::int64_t kTermMs = 1000;
const std::array<std::string, 2> kNames{"slot.rt.1", "slot.rt.2"};

/// A deployment whose database has a clock that the test turns.
struct Deployment {
    struct Process {
        Process(Store& store, int number)
            : leases(store, Owner::parse("host/1/1:" + std::to_string(number) + ":1")) {}
        Leases leases;
        std::array<std::optional<Lease>, 2> held{};
        std::array<std::int64_t, 2> ownUntil{};  ///< what the process believes, by the clock
    };

    explicit Deployment(Kind kind) : database(kind) {
        migrate(database.options());
        database.sql("CREATE TABLE test_clock (t BIGINT NOT NULL); INSERT INTO test_clock VALUES (1000000)");
        options.leaseClock = "(SELECT t FROM test_clock)";
        store.emplace(options);
        for (int i = 0; i < kProcesses; ++i) {
            processes.emplace_back(*store, i);
        }
    }

    TestDatabase database;
    StoreOptions options = database.options();
    std::optional<Store> store;
    std::deque<Process> processes;
    std::int64_t time = 1000000;

    void turnClock(std::int64_t by) {
        time += by;
        database.sql("UPDATE test_clock SET t = " + std::to_string(time));
    }

    void take(Process& process, std::size_t which) {
        if (process.held[which]) {
            return;
        }
        process.held[which] = process.leases.acquire(kNames[which], std::chrono::milliseconds(kTermMs));
        process.ownUntil[which] = process.held[which] ? time + kTermMs : 0;
    }
    static void giveBack(Process& process, std::size_t which) {
        process.held[which].reset();
        process.ownUntil[which] = 0;
    }
    void renew(Process& process, std::size_t which) {
        if (!process.held[which]) {
            return;
        }
        const bool renewed = process.held[which]->renew(std::chrono::milliseconds(kTermMs));
        CHECK(renewed ==
              (time < process.ownUntil[which]));  // no live lease is lost, and no ended one revived
        process.ownUntil[which] = renewed ? time + kTermMs : 0;
        if (!renewed) {
            process.held[which].reset();
        }
    }
    static void crash(Process& process) {
        for (std::size_t which = 0; which < kNames.size(); ++which) {
            if (process.held[which]) {
                process.held[which]->abandon();
            }
            giveBack(process, which);
        }
    }
    int owners(std::size_t which) const {
        return static_cast<int>(std::ranges::count_if(
            processes, [&](const Process& process) { return process.ownUntil[which] > time; }));
    }
};

void interleave(Kind kind, int steps, unsigned seed) {
    Deployment deployment(kind);
    std::mt19937 random(seed);
    const auto upTo = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    int taken = 0;
    for (int step = 0; step < steps; ++step) {
        auto& process = deployment.processes[static_cast<std::size_t>(upTo(kProcesses))];
        const auto which = static_cast<std::size_t>(upTo(2));
        const int what = upTo(100);
        if (what < 45) {
            deployment.take(process, which);
            taken += process.held[which] ? 1 : 0;
        } else if (what < 60) {
            deployment.renew(process, which);
        } else if (what < 75) {
            Deployment::giveBack(process, which);
        } else if (what < 85) {
            Deployment::crash(process);
        } else {
            deployment.turnClock(upTo(600));
        }
        for (std::size_t name = 0; name < kNames.size(); ++name) {
            if (deployment.owners(name) > 1) {
                FAIL("two owners after step " << step << " of seed " << seed);
            }
        }
    }
    CHECK(taken > steps / 10);
    // And nothing stays taken for ever.
    for (auto& process : deployment.processes) {
        Deployment::crash(process);
    }
    deployment.turnClock(kTermMs);
    for (std::size_t name = 0; name < kNames.size(); ++name) {
        deployment.take(deployment.processes[0], name);
        CHECK(deployment.owners(name) == 1);
    }
}

}  // namespace

TEST_CASE(
    "thousands of interleavings of taking, renewing, giving back, ending and crashing: never two owners") {
    SECTION("SQLite") {
        interleave(Kind::sqlite, 10000, GENERATE(1U, 2U));
    }
    SECTION("MariaDB") {
        interleave(Kind::mariadb, 1500, GENERATE(3U, 4U));
    }
}

TEST_CASE("threads that race for a lease, some of which die with it, never have it together") {
    TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    constexpr int kThreads = 6;
    constexpr std::size_t kTurns = 300;
    constexpr auto kTerm = 60ms;
    struct Turn {
        Deadline::Clock::time_point from;
        Deadline::Clock::time_point to;
    };
    std::mutex mutex;
    std::vector<Turn> turns;  // guarded by mutex
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] {
                std::mt19937 random(static_cast<unsigned>(i));
                try {
                    Store store(database.options());
                    Leases leases(store, Owner::parse("host/1/1:" + std::to_string(i) + ":1"));
                    for (const Deadline end = Deadline::in(30s); !end.passed();) {
                        auto lease = leases.acquire("lock", kTerm);
                        if (!lease) {
                            continue;
                        }
                        const auto from = Deadline::Clock::now();
                        std::this_thread::yield();
                        const Turn turn{from, std::min(Deadline::Clock::now(), lease->deadline().when())};
                        if (random() % 10 == 0) {
                            lease->abandon();
                        }
                        const std::scoped_lock lock(mutex);
                        turns.push_back(turn);
                        if (turns.size() >= kTurns) {
                            return;
                        }
                    }
                } catch (const std::exception&) {
                    ++failures;
                }
            });
        }
    }
    CHECK(failures == 0);
    CHECK(turns.size() >= kTurns);
    std::ranges::sort(turns, {}, &Turn::from);
    for (std::size_t i = 1; i < turns.size(); ++i) {
        if (turns[i].from < turns[i - 1].to) {
            FAIL("two had it at once");
        }
    }
}
