#include "common/lease/lease.h"

#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// Two processes on one database.
struct Fixture {
    explicit Fixture(Kind kind) : database(kind) { migrate(database.options()); }
    TestDatabase database;
    Store store{database.options()};
    Leases a{store, Owner::parse("a/1/1:1:1")};
    Leases b{store, Owner::parse("b/1/1:1:1")};
};

/// Waits until the database's clock is past the lease's end.
bool waitForEnd(Store& store, const std::string& name) {
    return eventually([&] { return store.findLeases(std::vector{name}).leases.empty(); });
}

}  // namespace

TEST_CASE("a lease has one owner, until it is given back") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto lease = f.a.acquire("lock", 60s);
    REQUIRE(lease);
    CHECK_FALSE(f.b.acquire("lock", 60s));
    CHECK_FALSE(f.a.acquire("lock", 60s));
    CHECK(f.b.acquire("another lock", 60s));
    lease->release();
    CHECK(f.b.acquire("lock", 60s));
}

TEST_CASE("a lease goes back when it is destroyed, once, and moves") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    {
        auto lease = f.a.acquire("lock", 60s);
        REQUIRE(lease);
        Lease moved = std::move(*lease);
        lease.reset();
        CHECK_FALSE(f.b.acquire("lock", 60s));
    }
    const auto other = f.b.acquire("lock", 60s);
    CHECK(other);
}

TEST_CASE("a lease that nobody renews is anyone's, and lost to its owner") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto lease = f.a.acquire("lock", 50ms);
    REQUIRE(lease);
    REQUIRE(waitForEnd(f.store, "lock"));
    CHECK(lease->deadline().passed());
    const auto other = f.b.acquire("lock", 60s);
    REQUIRE(other);
    CHECK_FALSE(lease->renew(60s));
    lease->release();  // not his any more
    CHECK_FALSE(f.a.acquire("lock", 60s));
}

TEST_CASE("a lease that has ended cannot be renewed, even if nobody has taken it") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto lease = f.a.acquire("lock", 50ms);
    REQUIRE(lease);
    REQUIRE(waitForEnd(f.store, "lock"));
    CHECK_FALSE(lease->renew(60s));
    CHECK(f.b.acquire("lock", 60s));
}

TEST_CASE("a renewed lease lasts from then on, and since it was taken") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto lease = f.a.acquire("lock", 30s);
    REQUIRE(lease);
    const auto before = f.store.findLeases(std::vector<std::string>{"lock"});
    REQUIRE(before.leases.size() == 1);
    REQUIRE(lease->renew(60s));
    REQUIRE(lease->renew(60s));
    CHECK(lease->deadline().left() > 55s);
    const auto after = f.store.findLeases(std::vector<std::string>{"lock"});
    REQUIRE(after.leases.size() == 1);
    CHECK(toMillis(after.leases[0].acquiredAt) == toMillis(before.leases[0].acquiredAt));
    CHECK(after.leases[0].expiresAt - after.time > 55s);
    CHECK_FALSE(f.b.acquire("lock", 60s));
}

TEST_CASE("what a dead process held is free when its term is over") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    auto lease = f.a.acquire("lock", 100ms);
    REQUIRE(lease);
    lease->abandon();
    CHECK(eventually([&] { return f.b.acquire("lock", 60s).has_value(); }));
}

TEST_CASE("of many names those are taken that nobody holds, and they go back together") {
    Fixture f(GENERATE(Kind::sqlite, Kind::mariadb));
    const std::vector<std::string> names{"d", "a", "c", "b"};
    const auto held = f.b.acquire("c", 60s);
    REQUIRE(held);
    auto leases = f.a.acquire(names, 60s);
    REQUIRE(leases.size() == 3);
    CHECK(leases[0].name() == "d");
    CHECK(f.b.acquire(names, 60s).empty());
    f.a.release(std::move(leases));
    CHECK(f.b.acquire(names, 60s).size() == 3);
}
