// Servers that allow few connections, as shared hosts do.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// For a user of whom the server allows so many connections.
StoreOptions limitedTo(const TestDatabase& database, int connections) {
    sharedMariaDb().sql(
        "CREATE OR REPLACE USER few@'%' IDENTIFIED BY 'rtbatch-test'; "
        "GRANT ALL ON `store%`.* TO few@'%' WITH MAX_USER_CONNECTIONS " +
        std::to_string(connections));
    StoreOptions options = database.options();
    options.url.replace(options.url.find("//rtbatch:"), 10, "//few:");
    return options;
}

int connectionsOf(const std::string& user) {
    return std::stoi(sharedMariaDb().sql(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '" + user + "'"));
}

/// How many of 320 calls of 16 threads found the row.
int callsThatWork(Store& store) {
    std::atomic<int> found{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                try {
                    found += static_cast<int>(store.findMovies(std::vector{imdb(1)}).size());
                } catch (const StoreError& error) {
                    UNSCOPED_INFO(error.what());
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    return found;
}

}  // namespace

TEST_CASE("Where the server allows fewer connections than we would open, calls share those that there are") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    const bool ofAccount = GENERATE(true, false);
    CAPTURE(ofAccount);
    if (!ofAccount) {
        sharedMariaDb().stop();
        sharedMariaDb().start({"--max-user-connections=2"});  // 1203, and not 1226
    }
    {
        Store store(limitedTo(database, ofAccount ? 2 : 0));
        store.saveMovie(movie(imdb(1)));
        CHECK(callsThatWork(store) == 320);
    }
    if (!ofAccount) {
        sharedMariaDb().restart();
    }
}

TEST_CASE("Idle connections are given up, so that other programs get in") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    const StoreOptions options = limitedTo(database, 1);
    Store handler(options);
    handler.saveMovie(movie(imdb(1)));
    CHECK(connectionsOf("few") == 1);
    Store admin(options);
    CHECK(admin.findMovies(std::vector{imdb(1)}).size() == 1);  // waits for the other's to be closed
    CHECK(eventually([] { return connectionsOf("few") == 0; }));
    CHECK(handler.findMovies(std::vector{imdb(1)}).size() == 1);
}

TEST_CASE("A server that has no connection for us in all that time is told from one that is away") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    StoreOptions options = limitedTo(database, 1);
    Store holder(options);
    options.timeout = 500ms;
    Store store(options);
    std::atomic<bool> done{false};
    std::thread holding([&] {
        while (!done) {
            holder.findMovies(std::vector{imdb(1)});  // so it is never idle for long
        }
    });
    REQUIRE(eventually([] { return connectionsOf("few") == 1; }));
    try {
        store.check();
        FAIL_CHECK("it got in");
    } catch (const StoreError& error) {
        CHECK(error.kind() == StoreError::Kind::crowded);
    }
    done = true;
    holding.join();
    CHECK(eventually([&] {
        try {
            store.check();
            return true;
        } catch (const StoreError&) {
            return false;
        }
    }));
}
