// A database that answers and cannot be written: after a failover, on a full disk, when a quota is used up.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "common/store/health_table.h"
#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// Options for a user who has no privileges beyond this database, as a host gives them.
StoreOptions asPlainUser(const TestDatabase& database) {
    StoreOptions options = database.options();
    sharedMariaDb().sql(
        "CREATE OR REPLACE USER plain@'%' IDENTIFIED BY 'rtbatch-test'; GRANT ALL ON `store%`.* TO "
        "plain@'%'");
    options.url.replace(options.url.find("//rtbatch:"), 10, "//plain:");
    return options;
}

std::optional<StoreError::Kind> kindOfWriting(Store& store) {
    try {
        store.saveMovie(movie(imdb(2)));
        return std::nullopt;
    } catch (const StoreError& error) {
        return error.kind();
    }
}

/// Reads as ever, says that it cannot be written, and is well again by itself once `mend` was called.
void checkUnwritable(Store& store, const std::function<void()>& mend, const std::string& why) {
    CHECK_FALSE(store.refusesWrites());  // nobody has tried
    CHECK(kindOfWriting(store) == StoreError::Kind::unwritable);
    CHECK(store.refusesWrites());
    CHECK_THAT(store.writeRefusal().value_or(""), Catch::Contains(why));
    CHECK_THROWS_WITH(store.checkWritable(), Catch::Contains("cannot be written") && Catch::Contains(why));
    CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
    CHECK_NOTHROW(store.check());
    mend();
    CHECK(eventually([&] { return !store.writeRefusal(); }));
    CHECK_NOTHROW(store.checkWritable());
    CHECK(kindOfWriting(store) == std::nullopt);
}

}  // namespace

TEST_CASE("A server that has become read-only is told from one that is away") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(asPlainUser(database));
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().sql("SET GLOBAL read_only = 1");
    checkUnwritable(
        store, [] { sharedMariaDb().sql("SET GLOBAL read_only = 0"); }, "read-only");
}

TEST_CASE("Whether it can be written is seen without writing anything of use") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(asPlainUser(database));
    sharedMariaDb().sql("SET GLOBAL read_only = 1");
    CHECK_THROWS_WITH(store.checkWritable(), Catch::Contains("read-only"));
    CHECK(store.refusesWrites());
    CHECK(HealthTable(store).refusals().empty());  // that is no matter of privileges
    sharedMariaDb().sql("SET GLOBAL read_only = 0");
    CHECK(eventually([&] { return !store.writeRefusal(); }));
}

TEST_CASE("A full table is a database that cannot be written") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(asPlainUser(database));
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().sql("SET GLOBAL max_heap_table_size = 16384");
    database.sql("ALTER TABLE lease ENGINE = MEMORY");
    std::optional<StoreError::Kind> kind;
    for (int i = 0; i < 2000 && !kind; ++i) {
        try {
            store.acquireLease("lease." + std::to_string(i), "owner", 60s);
        } catch (const StoreError& error) {
            kind = error.kind();
        }
    }
    sharedMariaDb().sql("SET GLOBAL max_heap_table_size = DEFAULT");
    CHECK(kind == StoreError::Kind::unwritable);
    CHECK(store.refusesWrites());
}

TEST_CASE("A host that takes the right to write away for a quota is one too") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    const StoreOptions options = asPlainUser(database);
    Store store(options);
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().sql("REVOKE INSERT ON `store%`.* FROM plain@'%'");
    sharedMariaDb().restart();  // a connection that is open keeps its rights
    checkUnwritable(
        store,
        [] {
            sharedMariaDb().sql("GRANT ALL ON `store%`.* TO plain@'%'");
            sharedMariaDb().restart();
        },
        "INSERT command denied");
}

TEST_CASE("A SQLite file that cannot grow is a database that cannot be written") {
    const TestDatabase database(Kind::sqlite);
    migrate(database.options());
    Store store(database.options());
    store.saveMovie(movie(imdb(1)));
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    rlimit small = limit;
    small.rlim_cur = 100;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    checkUnwritable(
        store, [&] { ::setrlimit(RLIMIT_FSIZE, &limit); }, "I/O error");
    static_cast<void>(std::signal(SIGXFSZ, before));
}

TEST_CASE("A SQLite file on a full disk is one too") {
    if (::geteuid() != 0) {
        WARN("not tested: it takes root to mount a small disk");
        return;
    }
    const TestDatabase database(Kind::sqlite);
    const auto disk = std::filesystem::path(database.path()).parent_path();
    REQUIRE(std::system(("mount -t tmpfs -o size=400k none " + disk.string()).c_str()) == 0);
    {
        migrate(database.options());
        Store store(database.options());
        store.saveMovie(movie(imdb(1)));
        const std::string filler = (disk / "filler").string();
        static_cast<void>(std::system(("head -c 1M /dev/zero > " + filler + " 2>/dev/null").c_str()));
        std::optional<StoreError::Kind> kind;
        for (int i = 0; i < 100 && !kind; ++i) {
            kind = kindOfWriting(store);
        }
        CHECK(kind == StoreError::Kind::unwritable);
        CHECK(store.writeRefusal().value_or("") != "");
        CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
        std::filesystem::remove(filler);
        CHECK(eventually([&] { return !store.writeRefusal(); }));
        CHECK(kindOfWriting(store) == std::nullopt);
    }
    CHECK(std::system(("umount " + disk.string()).c_str()) == 0);
}
