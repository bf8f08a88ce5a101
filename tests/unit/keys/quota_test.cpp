// Hourly quotas over several processes: each Quota here, with a Store of its own, stands for one.

#include "common/keys/quota.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr Timestamp kNoon{std::chrono::sys_days{std::chrono::year(2026) / 6 / 15} + std::chrono::hours(12)};
constexpr std::int64_t kHour = std::chrono::floor<std::chrono::hours>(kNoon).time_since_epoch().count();

KnownKey limited(std::int64_t limit, std::int64_t id = 1) {
    return {.id = id, .name = "a", .hourlyLimit = limit};
}

struct Fixture {
    TestDatabase database;
    std::atomic<Timestamp> time = kNoon;

    explicit Fixture(Kind kind) : database(kind) { migrate(database.options()); }

    QuotaOptions options(std::chrono::milliseconds every = 20ms) {
        return {.every = every, .wait = 20s, .clock = [this] { return time.load(); }};
    }
    std::int64_t used(std::int64_t keyId = 1, std::int64_t hour = kHour) const {
        const std::string row = database.sql(
            "SELECT COALESCE(SUM(requests), 0) FROM api_usage WHERE key_id = " + std::to_string(keyId) +
            " AND hour = " + std::to_string(hour));
        return std::stoll(row);
    }
};

struct Process {
    Store store;
    Quota quota;
    Process(const StoreOptions& store, QuotaOptions options)
        : store(store), quota(this->store, std::move(options)) {}
};

std::int64_t statements() {
    const std::string row = sharedMariaDb().sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'");
    return std::stoll(row.substr(row.find('\t')));
}

void together(int threads, const std::function<void(int)>& work) {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&work, t] { work(t); });
    }
}

}  // namespace

TEST_CASE("Several processes admit together what the limit allows, and the count is theirs to the last") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    constexpr std::int64_t kLimit = 1000;
    constexpr int kProcesses = 4;
    std::deque<Process> processes;
    for (int i = 0; i < kProcesses; ++i) {
        processes.emplace_back(f.database.options(), f.options());
    }
    std::atomic<std::int64_t> admitted = 0;
    std::atomic<std::int64_t> refused = 0;
    std::atomic<std::int64_t> wrong = 0;
    const auto until = Clock::now() + 60s;
    // Until all is spent: what one keeps, and nobody asks it for, it gives back.
    together(4 * kProcesses, [&](int t) {
        auto& quota = processes[static_cast<std::size_t>(t % kProcesses)].quota;
        for (int i = 0; (admitted < kLimit || i < 200) && Clock::now() < until; ++i) {
            const auto rate = quota.take(limited(kLimit)).value();
            (rate.admitted ? admitted : refused) += 1;
            wrong += rate.limit != kLimit || rate.remaining < 0 || rate.remaining >= kLimit ||
                     rate.reset != 1h || (!rate.admitted && rate.remaining != 0);
            if (!rate.admitted) {
                std::this_thread::yield();
            }
            quota.take({.id = 2});
        }
    });
    CHECK(admitted >= kLimit);
    CHECK(admitted <= kLimit + kProcesses);
    CHECK(refused > 0);
    CHECK(wrong == 0);
    processes.clear();
    CHECK(f.used() == admitted);
    CHECK(f.used(2) == admitted + refused);
}

TEST_CASE("Each process admits one request at once, and no second one that the limit does not allow") {
    Fixture f(Kind::sqlite);
    constexpr int kProcesses = 3;
    std::deque<Process> processes;
    for (int i = 0; i < kProcesses; ++i) {
        processes.emplace_back(f.database.options(), f.options(1h));
        const auto rate = processes.back().quota.take(limited(1)).value();
        CHECK(rate.admitted);
        CHECK(rate.remaining == 0);
    }
    for (auto& process : processes) {
        CHECK_FALSE(process.quota.take(limited(1))->admitted);
    }
    f.time = kNoon + 59min + 59s + 1ms;
    CHECK(processes[0].quota.take(limited(1))->reset == 1s);
    f.time = kNoon + 1h;
    const auto next = processes[0].quota.take(limited(1)).value();
    CHECK(next.admitted);
    CHECK(next.reset == 1h);
    processes.clear();
    CHECK(f.used() == kProcesses);
    CHECK(f.used(1, kHour + 1) == 1);
}

TEST_CASE("What an idle process has reserved is given back, and so is it when the hour turns") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    Process busy(f.database.options(), f.options());
    for (int i = 0; i < 300; ++i) {
        REQUIRE(busy.quota.take(limited(100'000))->admitted);
    }
    CHECK(eventually([&] { return f.used() == 300; }));
    const auto rate = busy.quota.take(limited(100'000)).value();
    CHECK(rate.admitted);
    CHECK(rate.remaining <= 100'000 - 301);

    // Without a tick: only the turn itself can give back here.
    Process slow(f.database.options(), f.options(1h));
    for (int i = 0; i < 300; ++i) {
        REQUIRE(slow.quota.take(limited(100'000, 2))->admitted);
    }
    slow.quota.take({.id = 3});
    f.time = kNoon + 1h;
    REQUIRE(slow.quota.take(limited(100'000, 2))->admitted);
    REQUIRE(slow.quota.take(limited(100'000, 2))->admitted);
    slow.quota.take({.id = 3});
    CHECK(eventually([&] { return f.used(2) == 300 && f.used(3) == 1; }));
    CHECK(eventually([&] { return f.used(2, kHour + 1) >= 2; }));
    CHECK(eventually([&] { return f.used(1, kHour + 1) == 0; }));  // reserved for it, and not needed
}

TEST_CASE("Refusals come from memory, and a key that is quiet costs nothing") {
    Fixture f(Kind::mariadb);
    Process process(f.database.options(), f.options(1s));
    while (process.quota.take(limited(20))->admitted) {
    }
    const auto start = Clock::now();
    const auto before = statements();
    constexpr int kMany = 100'000;
    for (int i = 0; i < kMany; ++i) {
        REQUIRE_FALSE(process.quota.take(limited(20))->admitted);
    }
    // A look a second, and what was under way.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - start).count();
    CHECK(statements() - before <= 4 + 2 * seconds);
    CHECK(f.used() == 20);

    // Somebody else gives back: within a second that is seen.
    f.database.sql("UPDATE api_usage SET requests = 15");
    CHECK(eventually([&] { return process.quota.take(limited(20))->admitted; }));
}

TEST_CASE("While the database is away only the first request of an hour is admitted, the others hear of it") {
    Fixture f(Kind::mariadb);
    const bool hangs = GENERATE(false, true);
    auto options = f.options();
    options.wait = hangs ? 1s : 20s;
    std::optional<Process> process(std::in_place, f.database.options(), options);
    const auto fails = [&] {
        try {
            process->quota.take(limited(100));
            return false;
        } catch (const StoreError&) {
            return true;
        }
    };
    process->quota.take({.id = 2});
    REQUIRE(eventually([&] { return f.used(2) == 1; }));  // it has a connection
    hangs ? sharedMariaDb().pause() : sharedMariaDb().kill9();
    CHECK_FALSE(fails());
    const auto start = Clock::now();
    CHECK(fails());
    const auto took = Clock::now() - start;
    process->quota.take({.id = 2});
    hangs ? sharedMariaDb().resume() : sharedMariaDb().start();
    CHECK(took < 10s);  // 20 s are the store's own limit, or the wait
    CHECK((took >= 900ms || !hangs));
    CHECK(eventually([&] { return !fails(); }));
    process.reset();
    CHECK(f.used() == 2);
    CHECK(f.used(2) == 2);
}

TEST_CASE("A process that lives for one request asks the database itself") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto options = f.options();
    options.thread = false;
    std::vector<bool> admitted;
    std::vector<std::int64_t> remaining;
    for (int i = 0; i < 4; ++i) {
        Process process(f.database.options(), options);
        const auto rate = process.quota.take(limited(3)).value();
        admitted.push_back(rate.admitted);
        remaining.push_back(rate.remaining);
        CHECK_FALSE(process.quota.take({.id = 2}));
        CHECK_FALSE(process.quota.take({.id = 0, .admin = true}));
    }
    CHECK(admitted == std::vector{true, true, true, false});
    CHECK(remaining == std::vector<std::int64_t>{2, 1, 0, 0});
    CHECK(f.used() == 3);
    CHECK(f.used(2) == 4);
    CHECK(f.database.sql("SELECT COUNT(*) FROM api_usage") == "2\n");
}
