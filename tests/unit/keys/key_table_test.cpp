// The tables api_key and api_usage.

#include "common/store/key_table.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/keys/api_key.h"
#include "common/store/migrate.h"
#include "common/store/usage_table.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const Timestamp kToday = fromMillis(1'790'000'000'000);
constexpr std::int64_t kHour = 497'222;

struct Fixture {
    TestDatabase database{GENERATE(Kind::sqlite, Kind::mariadb)};
    Store store;
    KeyTable keys{store};
    UsageTable usage{store};

    Fixture() : store((migrate(database.options()), database.options())) {}

    std::int64_t used(std::int64_t keyId, std::int64_t hour = kHour) {
        const auto rows = usage.read(std::vector{keyId}, hour);
        return rows.empty() ? -1 : rows.front().requests;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Keys are made, listed with their requests, rotated and revoked") {
    const std::string first = ApiKey::generate().digest();
    const std::string second = ApiKey::generate().digest();
    const KeyRow made = keys.create({"Zo\xc3\xab \xf0\x9f\x98\x80", true, 1000}, first, kToday);
    CHECK(made.id == 1);
    const KeyRow other = keys.create({"b"}, second, kToday + 1ms);
    CHECK(other.id == 2);
    CHECK(keys.create({"b"}, second, kToday + 1ms).id == 2);  // as a second try

    usage.add(std::vector<KeyUsage>{{1, kHour, 3}, {2, kHour, 1}, {1, kHour - 1, 4}});
    usage.add(std::vector<KeyUsage>{{1, kHour, 10}});
    const auto all = keys.list();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "Zo\xc3\xab \xf0\x9f\x98\x80");
    CHECK(all[0].digest == first);
    CHECK(all[0].admin);
    CHECK(all[0].hourlyLimit == 1000);
    CHECK(all[0].requests == 17);
    CHECK(all[0].createdAt == kToday);
    CHECK(all[0].active());
    CHECK_FALSE(all[1].admin);
    CHECK_FALSE(all[1].hourlyLimit);
    CHECK(all[1].requests == 1);
    CHECK(keys.find(1)->requests == 17);
    CHECK_FALSE(keys.find(3));

    const std::string third = ApiKey::generate().digest();
    CHECK(keys.rotate(1, third));
    CHECK(keys.rotate(1, third));  // as a second try
    CHECK_FALSE(keys.rotate(3, ApiKey::generate().digest()));
    CHECK_FALSE(keys.findActive(first));
    REQUIRE(keys.findActive(third));
    CHECK(keys.findActive(third)->id == 1);
    CHECK(keys.findActive(third)->name == all[0].name);

    CHECK(keys.revoke(1, kToday + 1h));
    CHECK(keys.revoke(1, kToday + 2h));
    CHECK_FALSE(keys.revoke(3, kToday));
    CHECK(keys.find(1)->revokedAt == kToday + 1h);
    CHECK_FALSE(keys.find(1)->active());
    CHECK_FALSE(keys.findActive(third));
    CHECK_FALSE(keys.rotate(1, ApiKey::generate().digest()));
    const auto active = keys.active();
    REQUIRE(active.size() == 1);
    CHECK(active[0].id == 2);
    CHECK(active[0].digest == second);
    CHECK_THROWS_AS(keys.rotate(2, third), StoreError);  // two keys never share a digest
}

TEST_CASE_METHOD(Fixture,
                 "No more is reserved than the limit allows, by however many at once, from nothing on") {
    constexpr std::int64_t kLimit = 100;
    std::atomic<std::int64_t> reserved = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 5; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                try {
                    reserved += usage.reserve({1, kHour, 1 + t % 3}, kLimit) ? 1 + t % 3 : 0;
                } catch (const StoreError& e) {
                    if (!e.conflict()) {
                        throw;
                    }
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(reserved > kLimit - 3);
    CHECK(used(1) == reserved);
    CHECK_FALSE(usage.reserve({1, kHour, kLimit + 1 - reserved}, kLimit));
    CHECK((reserved == kLimit || usage.reserve({1, kHour, kLimit - reserved}, kLimit)));
    CHECK(used(1) == kLimit);

    usage.giveBack({1, kHour, 30});
    CHECK(used(1) == 70);
    usage.giveBack({1, kHour, 71});  // never below nothing
    usage.giveBack({2, kHour, 1});
    CHECK(used(1) == 70);
    CHECK(used(2) == -1);
    CHECK_FALSE(usage.reserve({2, kHour, 5}, 4));
    CHECK(used(2) == -1);
    CHECK(usage.reserve({2, kHour, 4}, 4));
    CHECK(used(2) == 4);
    CHECK(used(2, kHour + 1) == -1);
    CHECK(usage.read({}, kHour).empty());
}

TEST_CASE_METHOD(Fixture,
                 "Of several that make a row at the same time only as many reserve as the limit allows") {
    constexpr std::int64_t kKeys = 100;
    std::atomic<std::int64_t> reserved = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (std::int64_t id = 1; id <= kKeys; ++id) {
                try {
                    reserved += usage.reserve({id, kHour, 1}, 1) ? 1 : 0;
                } catch (const StoreError& e) {
                    if (!e.conflict()) {
                        throw;
                    }
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(reserved == kKeys);
    CHECK(database.sql("SELECT COUNT(*), MAX(requests) FROM api_usage") == std::to_string(kKeys) + "\t1\n");
}

TEST_CASE("What is given back is not lost to a connection that died while it was kept") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options());
    UsageTable usage(store);
    CHECK(usage.reserve({1, kHour, 50}, 100));
    sharedMariaDb().restart();
    usage.giveBack({1, kHour, 20});
    CHECK(database.sql("SELECT requests FROM api_usage") == "30\n");
    sharedMariaDb().kill9();
    CHECK_THROWS_AS(usage.giveBack({1, kHour, 10}), StoreError);
    sharedMariaDb().start();
    CHECK(database.sql("SELECT requests FROM api_usage") == "30\n");
}
