// What the store does when its database is away, slow, or comes back.

#include <sqlite3.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

#ifdef RTBATCH_SANITIZED
constexpr auto kSlack = 5000ms;
#else
constexpr auto kSlack = 2000ms;  // of a loaded machine; a call that hangs would take for ever
#endif

/// How long `work` took to throw a StoreError with these words; nothing when it did not.
template <typename Work>
std::optional<Clock::duration> timeToFail(Work work, const std::string& words = "") {
    const auto start = Clock::now();
    try {
        work();
    } catch (const StoreError& e) {
        CHECK_THAT(e.what(), Catch::Contains(words));
        CHECK_THAT(e.what(), !Catch::Contains("rtbatch-test"));  // the password
        return Clock::now() - start;
    }
    return std::nullopt;
}

bool works(Store& store) {
    try {
        return store.findMovies(std::vector{imdb(1)}).size() <= 1;
    } catch (const StoreError&) {
        return false;
    }
}

void killAllConnections() {
    sharedMariaDb().sql(sharedMariaDb().sql(
        "SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = 'rtbatch'"));
}

}  // namespace

TEST_CASE("Each call goes on after the database was restarted") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options());
    const std::vector ids{imdb(1)};
    store.saveMovie(movie(imdb(1)));
    store.findRtIds(ids);
    sharedMariaDb().restart();
    CHECK(store.findMovies(ids).size() == 1);
    sharedMariaDb().restart();
    CHECK_NOTHROW(store.saveMovie(movie(imdb(2))));
    sharedMariaDb().restart();
    CHECK_NOTHROW(store.check());
    sharedMariaDb().restart();
    CHECK_NOTHROW(store.saveRtIds(std::vector<KnownRtId>{{imdb(1), rt("m/x"), now(), now() + 1h}}));
    sharedMariaDb().restart();
    CHECK(store.findRtIds(ids).size() == 1);
}

TEST_CASE("Connections that the server killed are replaced, also many at once") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options());
    store.saveMovie(movie(imdb(1)));
    const auto all = [&] {
        std::atomic<int> found{0};
        std::vector<std::thread> threads;
        threads.reserve(6);
        for (int t = 0; t < 6; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 5; ++i) {
                    found += static_cast<int>(store.findMovies(std::vector{imdb(1)}).size());
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        return found.load();
    };
    CHECK(all() == 30);
    killAllConnections();
    CHECK(all() == 30);
    killAllConnections();
    CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
}

TEST_CASE("While the database is away each call fails at once, and when it is back the next one works") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options());
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().kill9();
    for (int i = 0; i < 3; ++i) {
        const auto took = timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "MySQL rtbatch@");
        REQUIRE(took);
        CHECK(*took < kSlack);
    }
    CHECK(timeToFail([&] { store.saveMovie(movie(imdb(2))); }));
    CHECK(timeToFail([&] { store.check(); }));
    sharedMariaDb().start();
    CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
    CHECK_NOTHROW(store.check());
}

TEST_CASE("A store may be made before its database is there") {
    const TestDatabase database(Kind::mariadb);
    sharedMariaDb().stop();
    Store store(database.options());
    CHECK(timeToFail([&] { store.check(); }, "cannot open the database"));
    sharedMariaDb().start();
    CHECK(timeToFail([&] { store.check(); }, "rtbatch-admin migrate"));
    migrate(database.options());
    CHECK_NOTHROW(store.check());
}

TEST_CASE("A SQLite store may be made before its file is there, and does not make it") {
    const TestDatabase database(Kind::sqlite);
    Store store(database.options());
    CHECK(timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "rtbatch-admin migrate"));
    CHECK_FALSE(std::filesystem::exists(database.path()));
    std::ofstream(database.path()).flush();
    CHECK(timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "run rtbatch-admin migrate"));
    migrate(database.options());
    CHECK(store.findMovies(std::vector{imdb(1)}).empty());
}

TEST_CASE("A file that is not a database is said to be none") {
    const TestDatabase database(Kind::sqlite);
    std::ofstream(database.path()) << std::string(5000, 'x');
    Store store(database.options());
    CHECK(timeToFail([&] { store.check(); }, "not a database"));
    CHECK(timeToFail([&] { migrate(database.options()); }, "not a database"));
}

TEST_CASE("A database that hangs costs one call its timeout, and the next ones nothing until it answers") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    StoreOptions options = database.options(1500ms);
    if (GENERATE(false, true)) {
        options.url = sharedMariaDb().tcpUrl(options.url.substr(
            options.url.find("/store") + 1, options.url.find('?') - options.url.find("/store") - 1));
    }
    CAPTURE(options.url);
    Store store(options);
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().pause();
    const auto first = timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "no answer in time");
    const auto start = Clock::now();
    for (int i = 0; i < 50; ++i) {
        CHECK(timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "does not answer"));
    }
    const auto others = Clock::now() - start;
    sharedMariaDb().resume();
    REQUIRE(first);
    CHECK(*first > 1400ms);
    CHECK(*first < 1500ms + kSlack);
    CHECK(others < kSlack);  // of 75 s
    CHECK(eventually([&] { return works(store); }));
}

TEST_CASE("A database that hangs before anybody is connected is told from one that refuses") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options(1500ms));
    sharedMariaDb().pause();
    try {
        store.check();
        FAIL("it answered");
    } catch (const StoreError& error) {
        CHECK(error.kind() == StoreError::Kind::noAnswer);
    }
    CHECK(timeToFail([&] { store.check(); }, "does not answer"));
    sharedMariaDb().resume();
    CHECK(eventually([&] { return works(store); }));
}

TEST_CASE("While the database hangs, callers that wait for a connection fail with the first") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    StoreOptions options = database.options(1500ms);
    options.maxConnections = 2;
    Store store(options);
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().pause();
    const auto start = Clock::now();
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            try {
                store.findMovies(std::vector{imdb(1)});
            } catch (const StoreError&) {
                ++failed;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    const auto took = Clock::now() - start;
    sharedMariaDb().resume();
    CHECK(failed == 8);
    CHECK(took < 1500ms + kSlack);
    CHECK(eventually([&] { return works(store); }));
}

TEST_CASE("A call with little patience gives up early, and has the database looked at") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options(20s));
    store.saveMovie(movie(imdb(1)));
    sharedMariaDb().pause();
    {
        const StorePatience patience(50ms);
        CHECK(timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "no answer in time"));
    }
    // Nobody else has asked, and yet it is known before the 20 s that a call may take.
    CHECK(eventually([&] {
        const StorePatience patience(50ms);
        try {
            store.findMovies(std::vector{imdb(1)});
        } catch (const StoreError& error) {
            return std::string(error.what()).find("does not answer") != std::string::npos;
        }
        return false;
    }));
    sharedMariaDb().resume();
    CHECK(eventually([&] { return works(store); }));
}

TEST_CASE("The end that a store is given ends the calls that are under way, and those to come") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    std::future<bool> ended;
    {
        Store store(database.options(10min));
        store.saveMovie(movie(imdb(1)));
        sharedMariaDb().pause();
        ended = std::async(std::launch::async,
                           [&] { return timeToFail([&] { store.saveMovie(movie(imdb(2))); }).has_value(); });
        CHECK(ended.wait_for(100ms) == std::future_status::timeout);
        store.endAt(Deadline::in(50ms));
        CHECK(ended.wait_for(30s) == std::future_status::ready);
        CHECK(timeToFail([&] { store.findMovies(std::vector{imdb(1)}); }, "the program stops"));
        sharedMariaDb().resume();
    }
    CHECK(ended.get());
}

TEST_CASE("A SQLite file that another writer holds costs a writer its timeout, and readers nothing") {
    const TestDatabase database(Kind::sqlite);
    migrate(database.options());
    Store store(database.options(500ms));
    store.saveMovie(movie(imdb(1)));
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(database.path().c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto took = timeToFail([&] { store.saveMovie(movie(imdb(2))); }, "locked");
    REQUIRE(took);
    CHECK(*took > 400ms);
    CHECK(*took < 500ms + kSlack);
    CHECK(store.findMovies(std::vector{imdb(1)}).size() == 1);
    sqlite3_close(other);
    CHECK_NOTHROW(store.saveMovie(movie(imdb(2))));
}

TEST_CASE("A row that does not fit is refused and harms nothing else") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    Store store(database.options());
    CHECK(timeToFail([&] { store.saveMovie(movie(imdb(1), std::string(70000, 'x'))); }, "too long"));
    CHECK(store.findMovies(std::vector{imdb(1)}).empty());
    CHECK_NOTHROW(store.saveMovie(movie(imdb(1))));
}

TEST_CASE("A wrong password is said to be one, and not shown") {
    const TestDatabase database(Kind::mariadb);
    StoreOptions options = database.options();
    options.url.replace(options.url.find("rtbatch-test"), 12, "hunter2");
    Store store(options);
    try {
        store.check();
        FAIL("let in");
    } catch (const StoreError& e) {
        CHECK_THAT(e.what(), Catch::Contains("Access denied"));
        CHECK_THAT(e.what(), !Catch::Contains("hunter2"));
    }
}

TEST_CASE("An odd password works when it is percent-encoded") {
    const TestDatabase database(Kind::mariadb);
    sharedMariaDb().sql(
        "CREATE OR REPLACE USER 'o:d@d'@'%' IDENTIFIED BY 'p@:/?#% =+\\'\"\\\\x'; "
        "GRANT ALL ON *.* TO 'o:d@d'@'%'");
    StoreOptions options = database.options();
    const auto at = options.url.find("rtbatch:rtbatch-test");
    options.url.replace(at, 20, "o%3Ad%40d:p%40%3A%2F%3F%23%25%20%3D+'%22%5Cx");
    migrate(options);
    Store store(options);
    CHECK_NOTHROW(store.check());
}

TEST_CASE("One process cannot use two Unix sockets of MySQL, and says so") {
    const TestDatabase database(Kind::mariadb);
    Store first(database.options());
    CHECK_THROWS_WITH(Store({.url = "mysql://u@/d?socket=/run/another.sock"}),
                      Catch::Contains("one Unix socket") && Catch::Contains("/run/another.sock"));
}
