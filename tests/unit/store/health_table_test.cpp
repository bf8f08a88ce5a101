#include "common/store/health_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

struct Fixture {
    explicit Fixture(Kind kind) : kind(kind), database(kind) {
        migrate(database.options());
        store.emplace(database.options());
        health.emplace(*store);
    }

    std::vector<std::string> tablesThatThereAre() const {
        std::istringstream lines(database.sql(
            kind == Kind::sqlite
                ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                : "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"));
        std::vector<std::string> names;
        for (std::string line; std::getline(lines, line);) {
            names.push_back(line);
        }
        std::ranges::sort(names);
        return names;
    }

    Kind kind;
    TestDatabase database;
    std::optional<Store> store;
    std::optional<HealthTable> health;
};

}  // namespace

TEST_CASE("every table that the migrations make is looked at", "[store][health]") {
    const auto kind = GENERATE(Kind::sqlite, Kind::mariadb);
    Fixture f(kind);
    const auto known = HealthTable::tables();
    std::vector<std::string> names(known.begin(), known.end());
    std::ranges::sort(names);
    CHECK(names == f.tablesThatThereAre());
}

TEST_CASE("a database that was just made is in order", "[store][health]") {
    const auto kind = GENERATE(Kind::sqlite, Kind::mariadb);
    Fixture f(kind);
    CHECK(f.health->wrongCharacterSets().empty());
    CHECK(f.health->refusals().empty());
    CHECK(f.health->missingForMigrations().empty());
    CHECK_FALSE(f.health->lastRun());
    CHECK_FALSE(f.health->pagesSuspendedSince());
    CHECK(std::chrono::abs(f.health->time() - now()) < std::chrono::minutes(1));
    CHECK_THAT(f.health->server(), Catch::StartsWith(kind == Kind::sqlite ? "SQLite 3." : "MariaDB 1"));
}

TEST_CASE("what is remembered of no film is forgotten again, and nothing else", "[store][health]") {
    const auto kind = GENERATE(Kind::sqlite, Kind::mariadb);
    Fixture f(kind);
    const std::vector<KnownRtId> others{{imdb(1), std::nullopt, now(), now() + std::chrono::hours(1)}};
    f.store->saveRtIds(others);
    f.store->saveFailure({ImdbId::ofNoFilm(), "as if", now(), {}}, std::chrono::hours(1));
    f.health->rememberAbsent(ImdbId::ofNoFilm());
    const std::vector<ImdbId> ids{ImdbId::ofNoFilm(), imdb(1)};
    CHECK(f.store->findRtIds(ids).size() == 2);

    f.health->forget(ImdbId::ofNoFilm());
    const auto left = f.store->findRtIds(ids);
    REQUIRE(left.size() == 1);
    CHECK(left.front().imdbId == imdb(1));
    CHECK(f.store->findFailures(ids).empty());
}
