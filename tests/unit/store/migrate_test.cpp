#include "common/store/migrate.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE("An empty database is migrated once, and then there is nothing to do") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    Store store(database.options());
    CHECK_THROWS_WITH(store.check(), Catch::Contains("rtbatch-admin migrate"));
    const auto taken = migrate(database.options());
    REQUIRE(!taken.empty());
    CHECK(taken[0].version == 1);
    CHECK(taken[0].name == "cache_and_ids");
    CHECK_NOTHROW(store.check());
    CHECK(migrate(database.options()).empty());
    CHECK(
        database.sql(
            "SELECT version, name FROM schema_migration WHERE applied_at > 1700000000000 AND version = 1") ==
        "1\tcache_and_ids\n");
}

TEST_CASE("Later steps are taken in order and only once") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    std::vector<Migration> steps{{1, "one", "CREATE TABLE IF NOT EXISTS a (x INT);\n"}};
    CHECK(migrate(database.options(), steps).size() == 1);
    steps.push_back({2, "two", "CREATE TABLE IF NOT EXISTS b (x INT);\nINSERT INTO b VALUES (1);\n"});
    steps.push_back({3, "three", "INSERT INTO b VALUES (2);\n"});
    const auto taken = migrate(database.options(), steps);
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].version == 2);
    CHECK(taken[1].version == 3);
    CHECK(database.sql("SELECT x FROM b ORDER BY x") == "1\n2\n");
}

TEST_CASE("A step that fails is not counted, and can be taken again when it is mended") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    std::vector<Migration> steps{{1, "one", "CREATE TABLE IF NOT EXISTS a (x INT);\nCREATE NONSENSE;\n"}};
    CHECK_THROWS_AS(migrate(database.options(), steps), StoreError);
    steps[0].sql = "CREATE TABLE IF NOT EXISTS a (x INT);\n";
    CHECK(migrate(database.options(), steps).size() == 1);
}

TEST_CASE("A database that is newer than the program is refused") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    database.sql("INSERT INTO schema_migration VALUES (999, 'tomorrow', 1)");
    CHECK_THROWS_WITH(migrate(database.options()),
                      Catch::Contains("999") && Catch::Contains("install the newer program"));
    Store store(database.options());
    CHECK_THROWS_WITH(store.check(), Catch::Contains("999") && Catch::Contains("install the newer program"));
}

TEST_CASE("A database that is behind is named so by the check") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    database.sql("DELETE FROM schema_migration");
    Store store(database.options());
    CHECK_THROWS_WITH(store.check(), Catch::Contains("run rtbatch-admin migrate"));
}

TEST_CASE("Several migrators at the same time do each step once") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    std::vector<std::vector<Migration>> taken(6);
    std::vector<std::string> errors(taken.size());
    std::vector<std::thread> threads;
    threads.reserve(taken.size());
    for (std::size_t i = 0; i < taken.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                taken[i] = migrate(database.options());
            } catch (const std::exception& e) {
                errors[i] = e.what();
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::size_t total = 0;
    for (const auto& one : taken) {
        total += one.size();
    }
    CHECK(errors == std::vector<std::string>(taken.size()));
    CHECK(total == migrations(Dialect::sqlite).size());
    Store store(database.options());
    CHECK_NOTHROW(store.check());
}

TEST_CASE("Migrating makes the directory of a SQLite file, and says so when it cannot") {
    const TestDatabase database(Kind::sqlite);
    const auto directory = std::filesystem::path(database.path()).parent_path();
    const std::string file = (directory / "var" / "deep" / "odd %41?#name.db").string();
    migrate({.url = "sqlite:" + file});
    CHECK(std::filesystem::exists(file));
    Store store({.url = "sqlite:" + file});
    CHECK_NOTHROW(store.check());

    std::ofstream(directory / "plain") << "x";
    CHECK_THROWS_WITH(migrate({.url = "sqlite:" + (directory / "plain" / "x.db").string()}),
                      Catch::Contains("cannot make the directory") && Catch::Contains("plain"));
}

TEST_CASE("A SQLite file is written ahead, so that readers go on while one writes") {
    const TestDatabase database(Kind::sqlite);
    migrate(database.options());
    CHECK(database.sql("PRAGMA journal_mode") == "wal\n");
}
