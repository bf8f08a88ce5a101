// The tables behind the refresher: demand, served, rt_scrape, refresh_run, and what is due.
#include <algorithm>
#include <catch2/catch.hpp>
#include <span>
#include <string>
#include <vector>

#include "common/store/demand_table.h"
#include "common/store/migrate.h"
#include "common/store/refresh_table.h"
#include "common/store/scrape_table.h"
#include "common/store/sweep.h"
#include "common/store/wanted_table.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1}};

struct Fixture {
    TestDatabase database{GENERATE(Kind::sqlite, Kind::mariadb)};
    Store store;

    Fixture() : store((migrate(database.options()), database.options())) {}

    std::vector<std::string> due(Timestamp time = kNow, Timestamp horizon = kNow + 10min, int most = 100) {
        std::vector<std::string> ids;
        for (const DueMovie& movie : RefreshTable(store).findDue(time, horizon, most)) {
            ids.push_back(movie.id.string());
        }
        return ids;
    }
    void row(int number, Timestamp expiresAt) {
        store.saveMovie(CachedMovie{imdb(number), "m/film", R"({"year":1999})", expiresAt - 168h, expiresAt});
    }
    void ask(int number, int times = 1, Timestamp time = kNow) {
        const Asked asked{imdb(number), times};
        DemandTable(store).add({&asked, 1}, time);
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a row comes back with what its lifetime comes from") {
    StoredMovie saved{movie(imdb(1)), 3, kNow - 5h, std::chrono::sys_days{std::chrono::year(1939) / 12 / 15}};
    store.saveMovie(saved);
    const auto found = store.findStored(imdb(1));
    REQUIRE(found);
    CHECK(found->rtId == saved.rtId);
    CHECK(found->facts == saved.facts);
    CHECK(found->cachedAt == saved.cachedAt);
    CHECK(found->expiresAt == saved.expiresAt);
    CHECK(found->unchanged == 3);
    CHECK(found->suspectAt == saved.suspectAt);
    CHECK(found->released == saved.released);
    store.saveMovie(movie(imdb(1)));
    CHECK(store.findStored(imdb(1))->unchanged == 0);
    CHECK_FALSE(store.findStored(imdb(1))->suspectAt);
    CHECK_FALSE(store.findStored(imdb(1))->released);
    CHECK_FALSE(store.findStored(imdb(2)));
}

TEST_CASE_METHOD(Fixture, "demand adds up, and its weight halves in a week") {
    ask(1, 2, kNow - 14 * 24h);
    ask(1, 3, kNow);
    CHECK(database.sql("SELECT requests, first_at, last_at FROM demand") ==
          "5\t" + std::to_string(toMillis(kNow - 14 * 24h)) + "\t" + std::to_string(toMillis(kNow)) + "\n");
    row(1, kNow);
    const auto movies = RefreshTable(store).findDue(kNow, kNow + 1h, 10);
    REQUIRE(movies.size() == 1);
    CHECK(fadedRequests(movies[0].demand, kNow) == Approx(3 + 2.0 / 4));
    CHECK(fadedRequests(movies[0].demand, kNow + 7 * 24h) == Approx((3 + 2.0 / 4) / 2));
    CHECK(movies[0].demand.requests == 5);
    CHECK(movies[0].year == 1999);
}

TEST_CASE_METHOD(Fixture, "many movies are written in one statement, in whatever order they come") {
    std::vector<Asked> asked;
    for (int i = 0; i < static_cast<int>(DemandTable::kMostInAStatement); ++i) {
        asked.push_back({imdb(i * 7919 % 5000), 1 + i % 3});
    }
    DemandTable(store).add(asked, kNow);
    DemandTable(store).add(asked, kNow + 1s);
    CHECK(database.sql("SELECT COUNT(*), SUM(requests) FROM demand") == "5000\t19998\n");
    CHECK_NOTHROW(DemandTable(store).add({}, kNow));
}

TEST_CASE_METHOD(Fixture, "a movie that was marked and then asked for was first asked for then") {
    database.sql("INSERT INTO demand (imdb_id, wanted_place, wanted_at) VALUES ('" + imdb(1).string() +
                 "', 4, 5)");
    ask(1, 1, kNow);
    const auto movies = RefreshTable(store).findDue(kNow, kNow, 10);
    REQUIRE(movies.size() == 1);
    CHECK(movies[0].demand.firstAt == kNow);
    CHECK(movies[0].demand.wantedPlace == 4);
    CHECK(movies[0].demand.wantedAt == fromMillis(5));
    CHECK_FALSE(movies[0].row);
}

TEST_CASE_METHOD(Fixture, "what was served adds up in periods of five minutes, and old ones go") {
    DemandTable table(store);
    table.addServed({1, 2, 3, 4, 5}, kNow + 1min);
    table.addServed({10, 20, 30, 40, 50}, kNow + 4min);
    table.addServed({1, 0, 0, 0, 0}, kNow + 5min);
    CHECK(database.sql("SELECT cached, stale, fetched, not_found, failed FROM served ORDER BY since") ==
          "11\t22\t33\t44\t55\n1\t0\t0\t0\t0\n");
    table.purgeServed(kNow + 5min);
    CHECK(database.sql("SELECT since FROM served") == std::to_string(toMillis(kNow + 5min)) + "\n");
}

TEST_CASE_METHOD(Fixture, "due is what expires before the horizon, the most demanded first") {
    row(1, kNow - 1h);
    row(2, kNow + 9min);
    row(3, kNow + 11min);
    row(4, kNow - 1h);
    ask(4, 5);
    ask(2, 9);
    CHECK(due() == std::vector{imdb(2).string(), imdb(4).string(), imdb(1).string()});
    CHECK(due(kNow, kNow + 10min, 1) == std::vector{imdb(2).string()});
}

TEST_CASE_METHOD(
    Fixture,
    "a movie without a row is due when it was asked for, unless Wikidata or a failure says not yet") {
    ask(1);
    ask(2);
    ask(3);
    ask(4);
    ask(5);
    const std::vector<KnownRtId> known{{imdb(2), std::nullopt, kNow - 5h, kNow + 1h},   // absent, and lately
                                       {imdb(3), std::nullopt, kNow - 50h, kNow - 1h},  // absent, long ago
                                       {imdb(4), rt("m/four"), kNow - 50h, kNow - 1h}};
    store.saveRtIds(known);
    store.saveFailure({imdb(5), "gone", kNow, {}}, 10min);
    auto ids = due();
    std::ranges::sort(ids);
    CHECK(ids == std::vector{imdb(1).string(), imdb(3).string(), imdb(4).string()});
    ids = due(kNow + 11min);
    CHECK(std::ranges::count(ids, imdb(5).string()) == 1);
    for (const DueMovie& movie : RefreshTable(store).findDue(kNow, kNow, 10)) {
        CHECK(movie.rtId == (movie.id == imdb(4) ? std::optional(rt("m/four")) : std::nullopt));
    }
}

TEST_CASE_METHOD(Fixture, "a row whose movie is left alone after a failure is not due before its time") {
    row(1, kNow - 1h);
    store.saveFailure({imdb(1), "gone", kNow, {}}, 10min);
    CHECK(due().empty());
    CHECK(due(kNow + 10min).size() == 1);
}

TEST_CASE_METHOD(Fixture, "a run's row follows it, and runs come back the last first") {
    RefreshTable table(store);
    RefreshRun first{.startedAt = kNow, .owner = "host:1:2", .due = 7};
    table.saveRun(first);
    CHECK_FALSE(table.runsSince(kNow)[0].endedAt);
    first.endedAt = kNow + 1min;
    first.pages = 5;
    first.renewed = 3;
    first.notFound = 1;
    first.failed = 2;
    first.endedBy = "budget";
    table.saveRun(first);
    table.saveRun({.startedAt = kNow + 5min, .owner = "host:2:3"});
    const auto runs = table.runsSince(kNow);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].startedAt == kNow + 5min);
    CHECK(runs[1].endedAt == kNow + 1min);
    CHECK(runs[1].pages == 5);
    CHECK(runs[1].renewed == 3);
    CHECK(runs[1].notFound == 1);
    CHECK(runs[1].failed == 2);
    CHECK(runs[1].due == 7);
    CHECK(runs[1].owner == "host:1:2");
    CHECK(runs[1].endedBy == "budget");
    table.purgeRuns(kNow + 5min);
    CHECK(table.runsSince(kNow).size() == 1);
}

TEST_CASE_METHOD(Fixture, "of the last pages each film counts with its last one") {
    ScrapeTable table(store);
    const auto page = [&](int number, ScrapeOutcome outcome, std::chrono::seconds at) {
        table.add({.imdbId = imdb(number), .scrapedAt = kNow + at, .outcome = outcome});
    };
    for (int number = 1; number <= 9; ++number) {
        store.saveMovie(CachedMovie{imdb(number), "m/x", "{}", kNow, kNow + 1h});
    }
    page(9, ScrapeOutcome::unreadable, 0s);
    page(10, ScrapeOutcome::unreadable, 1s);  // could never be read, and says nothing of the site
    page(1, ScrapeOutcome::unreadable, 1s);
    page(1, ScrapeOutcome::unreadable, 2s);
    page(2, ScrapeOutcome::lost, 3s);
    page(2, ScrapeOutcome::read, 4s);
    page(3, ScrapeOutcome::lost, 5s);
    page(4, ScrapeOutcome::gone, 6s);
    page(5, ScrapeOutcome::failed, 7s);
    page(6, ScrapeOutcome::other, 8s);
    page(7, ScrapeOutcome::read, 9s);
    const PageTally all = table.tally(20, kNow + 1s);
    CHECK(all.films == 4);
    CHECK(all.bad == 2);
    CHECK(table.tally(3, kNow).films == 3);
    CHECK(table.tally(20, kNow + 6s).bad == 0);
}

TEST_CASE_METHOD(Fixture, "old pages go, so many at a time") {
    ScrapeTable table(store);
    for (int i = 0; i < 10; ++i) {
        table.add({.imdbId = imdb(i),
                   .scrapedAt = kNow + i * 1h,
                   .outcome = ScrapeOutcome::lost,
                   .criticScore = 0,
                   .detail = std::string(600, 'x')});
    }
    CHECK(table.purge(kNow + 5h, 3) == 3);
    CHECK(table.purge(kNow + 5h, 100) == 2);
    CHECK(
        database.sql(
            "SELECT COUNT(*), MAX(critic_score), MAX(LENGTH(detail)) FROM rt_scrape WHERE audience_score IS "
            "NULL") == "5\t0\t500\n");
}

TEST_CASE_METHOD(Fixture,
                 "what is marked is due in the order of the places, however much else is asked for") {
    const std::vector marked{imdb(40), imdb(30), imdb(20), imdb(10)};  // the first place has the last id
    WantedTable(store).mark(marked, 0, kNow);
    for (int i = 1; i <= 3; ++i) {
        ask(i, 5);
    }
    auto ids = due(kNow, kNow, 2);
    REQUIRE(ids.size() == 4);
    CHECK(ids[2] == imdb(40).string());
    CHECK(ids[3] == imdb(30).string());
    // Rows that expire are cut for themselves, in the same way.
    for (const ImdbId& id : marked) {
        row(std::stoi(id.string().substr(2)) - 1000000, kNow - 1h);
    }
    row(4, kNow - 1h);
    row(5, kNow - 1h);
    ask(4, 9);
    ask(5, 9);
    ids = due(kNow, kNow, 2);
    CHECK(std::ranges::count(ids, imdb(40).string()) == 1);
    CHECK(std::ranges::count(ids, imdb(30).string()) == 1);
    CHECK(std::ranges::count(ids, imdb(10).string()) == 0);
    ids = due(kNow + kMarkLasts, kNow, 1);  // the marks no longer count
    CHECK(std::ranges::count(ids, imdb(40).string()) == 0);
}

TEST_CASE_METHOD(Fixture, "what nothing else shortens is swept, some at a time") {
    database.sql(
        "INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('tt0000001', NULL, 1, 1000), "
        "('tt0000002', 'm/known', 1, 1000), ('tt0000003', NULL, 1, " +
        std::to_string(toMillis(kNow)) + ")");
    database.sql("INSERT INTO api_usage (key_id, hour, requests) VALUES (1, 10, 1), (2, 11, 1), (1, 12, 1)");
    const std::string later = std::to_string(toMillis(now() + 1h));
    database.sql(
        "INSERT INTO lease (name, owner, acquired_at, expires_at) VALUES ('a', 'x', 1, 1000), ('b', "
        "'x', 1, " +
        later + ")");
    Sweep sweep(store);
    CHECK(sweep.absences(kNow) == 1);
    CHECK(database.sql("SELECT imdb_id FROM rt_id ORDER BY imdb_id") == "tt0000002\ntt0000003\n");
    CHECK(sweep.usage(fromMillis(12 * 3'600'000 + 1)) == 2);
    CHECK(database.sql("SELECT hour FROM api_usage") == "12\n");
    CHECK(sweep.leases(1h) == 1);
    CHECK(database.sql("SELECT name FROM lease") == "b\n");

    std::vector<KnownRtId> absent;
    for (int i = 0; i < Sweep::kAtOnce + 1; ++i) {
        absent.push_back({imdb(i), std::nullopt, kNow - 2h, kNow - 1h});
    }
    for (std::size_t from = 0; from < absent.size(); from += 1000) {
        store.saveRtIds(std::span(absent).subspan(from, std::min<std::size_t>(1000, absent.size() - from)));
    }
    CHECK(sweep.absences(kNow) == Sweep::kAtOnce);
    CHECK(sweep.absences(kNow) == 1);
    CHECK(sweep.absences(kNow) == 0);
}
