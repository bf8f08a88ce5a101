#include "common/store/id_sync_table.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const Timestamp kPassStart = fromMillis(1'790'000'000'000);

/// A database and what a pass saves into it.
struct Passed {
    explicit Passed(Kind kind) : database(kind), store(prepared(database)), table(store) {}

    static StoreOptions prepared(const TestDatabase& database) {
        migrate(database.options());
        return database.options();
    }
    std::string row(const std::string& imdbId) const {
        return database.sql(
            "SELECT COALESCE(rt_id, '-'), checked_at, expires_at FROM rt_id WHERE imdb_id = '" + imdbId +
            "'");
    }

    TestDatabase database;
    Store store;
    IdSyncTable table;
};

KnownRtId known(const ImdbId& id, const std::string& rtId, Timestamp checkedAt) {
    return {id, rtId.empty() ? std::nullopt : RtId::parse(rtId), checkedAt, checkedAt + 1000ms};
}

std::string seen(const std::string& rtId, Timestamp checkedAt) {
    const auto ms = toMillis(checkedAt);
    return rtId + "\t" + std::to_string(ms) + "\t" + std::to_string(ms + 1000) + "\n";
}

}  // namespace

TEST_CASE("Where a pass is comes back as it was saved") {
    Passed passed(GENERATE(Kind::sqlite, Kind::mariadb));
    CHECK_FALSE(passed.table.read());
    IdSync state{.startedAt = kPassStart, .after = "m/am\xC3\xA9lie", .requests = 7, .found = 34000};
    passed.table.save(state);
    CHECK(passed.table.read() == state);
    CHECK_FALSE(passed.table.read()->finished());
    state.endedAt = kPassStart + 1h;
    state.after = "tv0";
    passed.table.save(state);
    CHECK(passed.table.read() == state);
    CHECK(passed.table.read()->finished());
}

TEST_CASE("A place that is wider than its column is cut to an earlier one, between two characters") {
    Passed passed(GENERATE(Kind::sqlite, Kind::mariadb));
    std::string wide = "m/x";
    for (int i = 0; i < 400; ++i) {
        wide += "\xC3\xA9";
    }
    passed.table.save({.startedAt = kPassStart, .after = wide});
    CHECK(passed.table.read()->after == wide.substr(0, 499));
}

TEST_CASE("Ids of a page are remembered, more of them than one statement takes") {
    Passed passed(GENERATE(Kind::sqlite, Kind::mariadb));
    std::vector<KnownRtId> rows;
    for (int i = 0; i < 1100; ++i) {
        rows.push_back(known(imdb(i), "m/film_" + std::to_string(i), kPassStart));
    }
    passed.table.saveSynced(rows, kPassStart);
    CHECK(passed.database.sql("SELECT COUNT(*) FROM rt_id") == "1100\n");
    CHECK(passed.row("tt1001099") == seen("m/film_1099", kPassStart));
}

TEST_CASE("The first id that a pass meets for a movie stays, though others follow") {
    Passed passed(GENERATE(Kind::sqlite, Kind::mariadb));
    passed.table.saveSynced(std::vector{known(imdb("tt0113277"), "m/heat", kPassStart + 1ms)}, kPassStart);
    passed.table.saveSynced(std::vector{known(imdb("tt0113277"), "m/heat_1995", kPassStart + 2ms)},
                            kPassStart);
    CHECK(passed.row("tt0113277") == seen("m/heat", kPassStart + 1ms));
}

TEST_CASE("A pass replaces what was known before it began, and what was known absent") {
    Passed passed(GENERATE(Kind::sqlite, Kind::mariadb));
    passed.store.saveRtIds(
        std::vector{known(imdb(1), "m/old", kPassStart - 1ms), known(imdb(2), "", kPassStart + 1ms),
                    known(imdb(3), "", kPassStart - 1ms), known(imdb(4), "m/answered", kPassStart)});
    std::vector<KnownRtId> rows;
    for (int i = 1; i <= 4; ++i) {
        rows.push_back(known(imdb(i), "m/new", kPassStart + 5ms));
    }
    passed.table.saveSynced(rows, kPassStart);
    for (int i = 1; i <= 3; ++i) {
        CAPTURE(i);
        CHECK(passed.row(imdb(i).string()) == seen("m/new", kPassStart + 5ms));
    }
    // Wikidata was asked for it while the pass went on: that answer is the newer one.
    CHECK(passed.row(imdb(4).string()) == seen("m/answered", kPassStart));
}
