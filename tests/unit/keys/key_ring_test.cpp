// Keys looked up in memory.

#include "common/keys/key_ring.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/keys/api_key.h"
#include "common/store/key_table.h"
#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

struct Fixture {
    TestDatabase database;
    Store store;
    Store elsewhere;  // another process
    KeyTable keys{elsewhere};

    explicit Fixture(Kind kind)
        : database(kind),
          store((migrate(database.options()), database.options())),
          elsewhere(database.options()) {}

    std::string create(const NewKey& key) {
        const ApiKey made = ApiKey::generate();
        keys.create(key, made.digest(), now());
        return made.text();
    }
};

/// Statements that MariaDB was asked since it started; those of TestDatabase::sql() do not count.
std::int64_t statements() {
    const std::string row = sharedMariaDb().sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'");
    return std::stoll(row.substr(row.find('\t')));
}

std::string guess() {
    return ApiKey::generate().text();
}

template <typename Call>
bool fails(Call call) {
    try {
        call();
        return false;
    } catch (const StoreError&) {
        return true;
    }
}

}  // namespace

TEST_CASE("A key is known with what it may do, whether the ring keeps it or asks each time") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    const bool thread = GENERATE(true, false);
    const std::string text = f.create({"Cinematch", false, 1000});
    KeyRing ring(f.store, {.adminKey = "s3cret", .reload = 1h, .maxAge = 2h, .thread = thread});
    const auto known = ring.find(text);
    REQUIRE(known);
    CHECK(known->id == 1);
    CHECK(known->name == "Cinematch");
    CHECK_FALSE(known->admin);
    CHECK(known->hourlyLimit == 1000);
    const auto admin = ring.find("s3cret");
    REQUIRE(admin);
    CHECK(admin->id == 0);
    CHECK(admin->admin);
    CHECK_FALSE(admin->hourlyLimit);
    CHECK_FALSE(ring.find("s3cre"));
    CHECK_FALSE(ring.find(""));
    CHECK_FALSE(ring.find(guess()));
    CHECK_FALSE(KeyRing(f.store, {.thread = false}).find(""));

    f.keys.revoke(1, now());
    ring.reload();
    CHECK_FALSE(ring.find(text));
}

TEST_CASE("A revoked key dies in time, a rotated one changes hands") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    constexpr auto kMaxAge = 20s;
    const std::string revoked = f.create({"a"});
    const std::string rotated = f.create({"b"});
    const ApiKey next = ApiKey::generate();
    KeyRing ring(f.store, {.reload = 20ms, .maxAge = kMaxAge});
    REQUIRE(ring.find(revoked));
    REQUIRE(ring.find(rotated));
    f.keys.revoke(1, now());
    f.keys.rotate(2, next.digest());
    const auto start = Clock::now();
    CHECK(eventually([&] { return !ring.find(revoked) && !ring.find(rotated); }));
    CHECK(Clock::now() - start < kMaxAge);
    CHECK(ring.find(next.text())->id == 2);
}

TEST_CASE("Asked to, it reads the keys without waiting for its time") {
    Fixture f(Kind::sqlite);
    const std::string text = f.create({"a"});
    KeyRing ring(f.store, {.reload = 1h, .maxAge = 2h});
    REQUIRE(ring.find(text));
    f.keys.revoke(1, now());
    ring.refresh();
    CHECK(eventually([&] { return !ring.find(text); }));
}

TEST_CASE("A new key works at once, and guessing costs the database nothing") {
    Fixture f(Kind::mariadb);
    KeyRing ring(f.store, {.reload = 1h, .maxAge = 2h, .lookEvery = 1h});
    ring.reload();
    const auto before = statements();
    const std::string first = f.create({"first"});
    const auto made = statements() - before;

    // All of them at once: one look is enough for all.
    std::atomic<int> known = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&] { known += ring.find(first) ? 1 : 0; });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(known == 16);
    CHECK(statements() - before == made + 1);

    for (int i = 0; i < 1000; ++i) {
        REQUIRE_FALSE(ring.find(guess()));
    }
    CHECK(ring.find(first));
    CHECK(statements() - before == made + 1);

    SECTION("and after the while it is one look") {
        constexpr auto kEvery = 250ms;
        KeyRing quick(f.store, {.reload = 1h, .maxAge = 2h, .lookEvery = kEvery});
        quick.reload();
        const auto start = Clock::now();
        const auto from = statements();
        for (int looks = 0; looks < 3;) {
            quick.find(guess());
            looks = static_cast<int>(statements() - from);
        }
        CHECK(Clock::now() - start >= 2 * kEvery);
        // A client that goes on with a dead key does not keep a new one waiting.
        const std::string dead = guess();
        REQUIRE(eventually([&] {
            const auto at = statements();
            return !quick.find(dead) && statements() > at;
        }));
        std::this_thread::sleep_for(kEvery);
        const auto then = statements();
        CHECK_FALSE(quick.find(dead));
        CHECK(statements() == then);
    }
}

TEST_CASE("While the database is away, keys in memory work until that is too old, and the admin's always") {
    Fixture f(Kind::mariadb);
    constexpr auto kMaxAge = 1500ms;
    const std::string text = f.create({"a"});
    KeyRing ring(f.store, {.adminKey = "s3cret", .reload = 50ms, .maxAge = kMaxAge, .lookEvery = 20ms});
    REQUIRE(ring.find(text));
    sharedMariaDb().kill9();
    const auto start = Clock::now();
    CHECK(ring.find(text));
    CHECK(fails([&] { ring.reload(); }));
    CHECK(fails([&] { ring.find(guess()); }));
    CHECK_FALSE(ring.find("no key"));
    CHECK(eventually([&] { return fails([&] { ring.find(text); }); }));
    CHECK(Clock::now() - start > kMaxAge / 3);
    CHECK(Clock::now() - start < kMaxAge + 2s);
    CHECK(ring.find("s3cret")->admin);
    CHECK_FALSE(ring.find("no key"));
    const KeyRing idle(f.store, {});  // goes at once, though it cannot read

    sharedMariaDb().start();
    CHECK(eventually([&] { return !fails([&] { ring.find(text); }); }));
    CHECK(ring.find(text));
}
