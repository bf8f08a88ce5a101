// What a clock that was ahead has left in the tables: it is not believed, is counted, and can be mended.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "common/store/ahead_table.h"
#include "common/store/demand_table.h"
#include "common/store/health_table.h"
#include "common/store/id_sync_table.h"
#include "common/store/migrate.h"
#include "common/store/refresh_table.h"
#include "common/store/report.h"
#include "common/store/scrape_table.h"
#include "common/store/usage_table.h"
#include "common/store/wanted_table.h"
#include "tests/support/eventually.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1}};
constexpr Timestamp kThen = kNow + 48h;  ///< what the clock said that was wrong

/// A database whose clock the test turns.
struct Fixture {
    TestDatabase database{GENERATE(Kind::sqlite, Kind::mariadb)};
    Store store;

    Fixture() : store(prepared()) {}

    StoreOptions prepared() const {
        migrate(database.options());
        database.sql("CREATE TABLE test_clock (t BIGINT NOT NULL); INSERT INTO test_clock VALUES (" +
                     millis(kNow) + ")");
        return options();
    }
    StoreOptions options() const {
        StoreOptions options = database.options();
        options.leaseClock = "(SELECT t FROM test_clock)";
        return options;
    }
    static std::string millis(Timestamp time) { return std::to_string(toMillis(time)); }
    void turnClock(Timestamp time) { database.sql("UPDATE test_clock SET t = " + millis(time)); }
    std::int64_t number(const std::string& select) const { return std::stoll(database.sql(select)); }

    void row(int number, Timestamp cachedAt) {
        store.saveMovie(CachedMovie{imdb(number), "m/film", R"({"year":1999})", cachedAt, cachedAt + 168h});
    }
    std::vector<std::string> due(int most = 100) {
        std::vector<std::string> ids;
        for (const DueMovie& movie : RefreshTable(store).findDue(kNow, kNow + 10min, most)) {
            ids.push_back(movie.id.string());
        }
        return ids;
    }
    void ask(int number, int times, Timestamp time) {
        const Asked asked{imdb(number), times};
        DemandTable(store).add({&asked, 1}, time);
    }
    /// One row in each table that a clock could be wrong for, and one that is right.
    void poison() {
        for (const Timestamp time : {kNow - 1h, kThen}) {
            const int n = time == kThen ? 2 : 1;
            row(n, time);
            store.saveRtIds(std::vector{KnownRtId{imdb(n), rt("m/film"), time, time + 24h}});
            store.saveFailure({imdb(n), "gone", time, {}}, 10min);
            ScrapeTable(store).add({.imdbId = imdb(n), .scrapedAt = time, .outcome = ScrapeOutcome::lost});
            ask(n, 1, time);
            DemandTable(store).addServed({1, 0, 0, 0, 0}, time);
            RefreshTable(store).saveRun({.startedAt = time, .owner = "host:1:2", .pages = 100});
            const KeyUsage usage{1, toMillis(time) / 3600000, n};
            UsageTable(store).add({&usage, 1});
        }
        IdSyncTable(store).save({.startedAt = kThen, .after = "m/h"});
        database.sql("UPDATE upstream_state SET failures = 5, is_open = 1, shut_at = " + millis(kThen) +
                     ", shut_until = " + millis(kThen + 30s) + ", probe_until = " + millis(kThen) +
                     ", cleared_at = " + millis(kThen) + " WHERE upstream = 'rt'");
        database.sql(
            "INSERT INTO lease (name, owner, acquired_at, expires_at) VALUES ('slot.rt.1', 'a/1/1:1:1#1', " +
            millis(kThen) + ", " + millis(kThen + 25s) + "), ('slot.rt.2', 'a/1/1:1:1#2', " + millis(kNow) +
            ", " + millis(kNow + 25s) + ")");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "The store's time is the database's, and follows it when it is set") {
    store.check();
    CHECK(std::chrono::abs(store.time() - kNow) < 1min);
    turnClock(kThen);
    store.readUpstream("rt");  // brings the time along
    CHECK(std::chrono::abs(store.time() - kThen) < 1min);
    CHECK(Store(database.options()).time() > kNow);  // this host's, before the database was asked
    CHECK(HealthTable(store).time() == kThen);
}

TEST_CASE_METHOD(Fixture, "A row that was cached in the future is stale, for whoever reads it") {
    row(1, kNow - 1h);
    row(2, kThen);
    const auto rows = store.findMovies(std::vector{imdb(1), imdb(2)});
    REQUIRE(rows.size() == 2);
    for (const CachedMovie& one : rows) {
        CHECK(one.staleAt(kNow) == (one.imdbId == imdb(2)));
    }
    CHECK(store.findStored(imdb(2))->staleAt(kNow));
    CHECK(due() == std::vector{imdb(2).string()});
    CHECK(WantedTable(store).countWarm(std::vector{imdb(1), imdb(2)}, kNow) == 1);
    const RowsByDemand all = Report(store).rowsByDemand(kNow);
    CHECK(all.back().fresh == 1);
    CHECK(all.back().stale == 1);
}

TEST_CASE_METHOD(Fixture, "An id that was checked in the future is none, and the next pass replaces it") {
    store.saveRtIds(std::vector{KnownRtId{imdb(1), rt("m/film"), kNow - 1h, kNow + 24h},
                                KnownRtId{imdb(2), rt("m/film"), kThen, kThen + 24h},
                                KnownRtId{imdb(3), std::nullopt, kThen, kThen + 24h},
                                KnownRtId{imdb(4), rt("m/film"), kNow, kNow + days(100)}});
    const auto found = store.findRtIds(std::vector{imdb(1), imdb(2), imdb(3), imdb(4)});
    REQUIRE(found.size() == 1);
    CHECK(found[0].imdbId == imdb(1));
    CHECK(store.findMoviesOf(rt("m/film")) == std::vector{imdb(1)});
    CHECK(Report(store).rtIds(kNow).expired == 3);
    ask(3, 1, kNow);
    CHECK(due() == std::vector{imdb(3).string()});
    const std::vector<KnownRtId> page{{imdb(2), rt("m/right"), kNow, kNow + 24h}};
    IdSyncTable(store).saveSynced(page, kNow - 1min);
    CHECK(store.findRtIds(std::vector{imdb(2)}).at(0).rtId == rt("m/right"));
}

TEST_CASE_METHOD(Fixture, "A failure of the future holds no movie back") {
    store.saveFailure({imdb(1), "gone", kNow, {}}, 10min);
    store.saveFailure({imdb(2), "gone", kThen, {}}, 10min);
    for (const KnownFailure& failure : store.findFailures(std::vector{imdb(1), imdb(2)})) {
        CHECK((failure.retryAt > kNow) == (failure.imdbId == imdb(1)));
    }
    ask(1, 1, kNow);
    ask(2, 1, kNow);
    CHECK(due() == std::vector{imdb(2).string()});
}

TEST_CASE_METHOD(Fixture, "A lease that was taken in the future is free, and its owner may keep it") {
    turnClock(kThen);
    REQUIRE(store.acquireLease("slot.rt.1", "early", 25s));
    REQUIRE(store.acquireLease("slot.rt.2", "early", 25s));
    REQUIRE(store.acquireLease("lock.refresher", "early", 1min));
    turnClock(kNow);
    CHECK(store.readUpstream("rt").slots.leases.empty());
    CHECK(store.findLeases(std::vector<std::string>{"lock.refresher"}).leases.empty());
    CHECK(store.acquireLease("slot.rt.1", "late", 25s));
    CHECK_FALSE(store.acquireLease("slot.rt.1", "later", 25s));
    CHECK_FALSE(store.renewLease("slot.rt.1", "early", 25s));
    CHECK(store.acquireLeases(std::vector<std::string>{"slot.rt.1", "lock.refresher"}, "both", 25s) ==
          std::vector<std::string>{"lock.refresher"});
    // What nobody took meanwhile goes by the right time again.
    CHECK(store.renewLease("slot.rt.2", "early", 25s));
    CHECK_FALSE(store.acquireLease("slot.rt.2", "late", 25s));
    turnClock(kNow + 26s);
    CHECK(store.acquireLease("slot.rt.2", "late", 25s));
}

TEST_CASE_METHOD(Fixture, "The clocks of a cluster's nodes may differ by seconds, and no lease is lost") {
    turnClock(kNow + 20s);
    REQUIRE(store.acquireLease("slot.rt.1", "here", 25s));
    turnClock(kNow);
    CHECK_FALSE(store.acquireLease("slot.rt.1", "there", 25s));
    CHECK(store.readUpstream("rt").slots.leases.size() == 1);
    CHECK(store.renewLease("slot.rt.1", "here", 25s));
}

TEST_CASE_METHOD(Fixture, "A site that is left alone until after tomorrow may be asked") {
    poison();
    const UpstreamView view = store.readUpstream("rt");
    CHECK(view.state.shutUntil < kNow);
    CHECK(view.state.probeUntil < kNow);
    CHECK(view.state.clearedAt < kNow);
    CHECK(view.state.failures == 5);
    CHECK(view.slots.leases.size() == 1);
}

TEST_CASE_METHOD(Fixture, "Demand of the future outranks nothing, and the next request mends it") {
    ask(1, 2, kNow + days(365));
    ask(2, 3, kNow);
    CHECK(due(1) == std::vector{imdb(2).string()});
    CHECK(fadedRequests(RefreshTable(store).find(imdb(1)).demand, kNow) == Approx(2).epsilon(0.001));
    ask(1, 2, kNow);
    CHECK(due(1) == std::vector{imdb(1).string()});
    const auto demand = RefreshTable(store).find(imdb(1)).demand;
    CHECK(demand.requests == 4);
    CHECK(fadedRequests(demand, kNow) == Approx(4).epsilon(0.001));
    CHECK(number("SELECT last_at FROM demand WHERE imdb_id = '" + imdb(1).string() + "'") == toMillis(kNow));
    CHECK(number("SELECT first_at FROM demand WHERE imdb_id = '" + imdb(1).string() + "'") == toMillis(kNow));
}

TEST_CASE_METHOD(Fixture, "A mark of the future is replaced by the next one, however bad its place") {
    WantedTable table(store);
    table.mark(std::vector{imdb(1)}, 0, kThen);
    table.mark(std::vector{imdb(1)}, 7, kNow);
    CHECK(database.sql("SELECT wanted_place, wanted_at FROM demand") == "7\t" + millis(kNow) + "\n");
}

TEST_CASE_METHOD(Fixture, "Runs, pages and answers of the future count for nothing") {
    poison();
    RefreshTable table(store);
    REQUIRE(table.runsSince(kNow - 48h).size() == 1);
    CHECK(table.lastRuns(5).at(0).startedAt == kNow - 1h);
    CHECK(HealthTable(store).lastRun() == kNow - 1h);
    CHECK(ScrapeTable(store).tally(20, {}).films == 1);
    CHECK(Report(store).served(kNow - 24h).cached == 1);
}

TEST_CASE_METHOD(Fixture,
                 "What lies too far ahead is counted by table, mended once, and nothing else is touched") {
    poison();
    AheadTable table(store);
    const std::vector<AheadRows> expected{{"rt_cache", 1}, {"rt_id", 1},          {"rt_failure", 1},
                                          {"lease", 1},    {"upstream_state", 1}, {"rt_scrape", 1},
                                          {"demand", 1},   {"served", 1},         {"refresh_run", 1},
                                          {"id_sync", 1},  {"api_usage", 1}};
    CHECK(table.count() == expected);
    const std::string rights =
        "SELECT c.cached_at, c.expires_at, i.checked_at, i.expires_at, f.retry_at, s.scraped_at, d.weight, "
        "d.last_at FROM rt_cache c, rt_id i, rt_failure f, rt_scrape s, demand d WHERE c.imdb_id = '" +
        imdb(1).string() +
        "' AND i.imdb_id = c.imdb_id AND f.imdb_id = c.imdb_id AND s.imdb_id = "
        "c.imdb_id AND d.imdb_id = c.imdb_id";
    const std::string before = database.sql(rights);
    const auto version = number("SELECT version FROM upstream_state WHERE upstream = 'rt'");

    CHECK(table.mend() == expected);

    // The database's clock stands still here, and the store's own goes on from it and is set back now and
    // then: what was mended by the later time lies ahead of the earlier one for so long.
    CHECK(eventually(20s, [&] { return table.count().empty() && table.mend().empty(); }));
    CHECK(database.sql(rights) == before);
    CHECK(number("SELECT version FROM upstream_state WHERE upstream = 'rt'") == version + 1);
    CHECK(number("SELECT version FROM upstream_state WHERE upstream = 'wikidata'") == 0);
    CHECK(number("SELECT failures FROM upstream_state WHERE upstream = 'rt'") == 5);
    CHECK(number("SELECT shut_until + probe_until + cleared_at FROM upstream_state WHERE upstream = 'rt'") ==
          0);
    CHECK(database.sql("SELECT name FROM lease") == "slot.rt.2\n");
    CHECK(number("SELECT COUNT(*) FROM refresh_run") == 1);
    CHECK(number("SELECT COUNT(*) FROM served") == 1);
    CHECK(number("SELECT SUM(requests) FROM api_usage WHERE key_id = 1") == 3);
    CHECK(number("SELECT MAX(hour) FROM api_usage") < toMillis(kNow) / 3600000);
    CHECK(store.findStored(imdb(2))->staleAt(kNow));
    CHECK(store.findStored(imdb(2))->cachedAt <= kNow + 1min);
}

TEST_CASE_METHOD(Fixture, "More rows than go into one statement are mended") {
    for (int first = 0; first < 2500; first += 500) {
        std::string values;
        for (int i = first; i < first + 500; ++i) {
            values += (i == first ? "('" : ", ('") + imdb(i).string() + "', 1, " + millis(kThen) + ", " +
                      millis(kThen) + ", 'x')";
        }
        database.sql("INSERT INTO rt_failure (imdb_id, failures, failed_at, retry_at, message) VALUES " +
                     values);
    }
    CHECK(AheadTable(store).mend() == std::vector<AheadRows>{{"rt_failure", 2500}});
    CHECK(AheadTable(store).count().empty());
}
