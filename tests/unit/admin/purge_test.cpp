// What rtbatch-admin purge deletes, and what it leaves.

#include <catch2/catch.hpp>
#include <string>

#include "common/store/purge.h"
#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kDay = std::chrono::days(1);

struct Fixture : AdminFixture {
    Purge purge{store};
    const Timestamp before = kNow - 30 * kDay;

    std::vector<std::string> unused() {
        std::vector<std::string> ids;
        for (const ImdbId& id : purge.unused(before, nullptr)) {
            ids.push_back(id.string());
        }
        return ids;
    }
    void want(const ImdbId& id, Timestamp wantedAt) {
        sql("INSERT INTO demand (imdb_id, wanted_place, wanted_at) VALUES ('" + id.string() + "', 7, " +
            millis(wantedAt) + ")");
    }
    void fail(const ImdbId& id, Timestamp failedAt) {
        store.saveFailure({id, "503", failedAt, failedAt}, 1min);
    }
    void scrape(const ImdbId& id) {
        sql("INSERT INTO rt_scrape (imdb_id, scraped_at, outcome) VALUES ('" + id.string() + "', 5, 'read')");
    }
    void rtId(const ImdbId& id) {
        sql("INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('" + id.string() +
            "', 'm/heat', 1, 2)");
    }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "Unused is what was last asked for before, however young its row") {
    asked(imdb(1), before - 1ms);
    asked(imdb(2), before);
    row(imdb(1), kNow + 5 * kDay);
    row(imdb(2), kNow - 60 * kDay);
    CHECK(unused() == Ids{imdb(1).string()});
}

TEST_CASE_METHOD(Fixture, "What was never asked for is unused by when it was cached") {
    row(imdb(1), before + 3 * kDay - 1ms);
    row(imdb(2), before + 3 * kDay);
    CHECK(unused() == Ids{imdb(1).string()});
}

TEST_CASE_METHOD(Fixture, "What was put on a list since then stays, asked for or not") {
    want(imdb(1), before - 1ms);
    want(imdb(2), before);
    want(imdb(3), before - 1ms);
    row(imdb(3), kNow);
    asked(imdb(4), before - 5 * kDay);
    sql("UPDATE demand SET wanted_place = 1, wanted_at = " + millis(before) + " WHERE imdb_id = '" +
        imdb(4).string() + "'");
    CHECK(unused() == Ids{imdb(1).string()});
}

TEST_CASE_METHOD(Fixture, "A failure that nothing else is known of is unused when it is old") {
    fail(imdb(1), before - 1ms);
    fail(imdb(2), before);
    fail(imdb(3), before - 1ms);
    asked(imdb(3), kNow);
    CHECK(unused() == Ids{imdb(1).string()});
}

TEST_CASE_METHOD(Fixture, "The unused come in portions, each movie once, in the order of their ids") {
    std::string rows;
    std::string askedFor;
    constexpr int kMovies = 450;
    for (int i = 0; i < kMovies; ++i) {
        std::string& table = i % 2 == 0 ? rows : askedFor;
        table += (table.empty() ? "('" : ", ('") + imdb(i).string() +
                 (i % 2 == 0 ? "', 'm/x', '{}', 1, 2)" : "', 1, 1, 1)");
    }
    sql("INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES " + rows);
    sql("INSERT INTO demand (imdb_id, requests, first_at, last_at) VALUES " + askedFor);
    std::vector<std::size_t> portions;
    int next = 0;
    for (auto ids = purge.unused(before, nullptr); !ids.empty(); ids = purge.unused(before, &ids.back())) {
        portions.push_back(ids.size());
        for (const ImdbId& id : ids) {
            CHECK(id == imdb(next++));
        }
    }
    CHECK(next == kMovies);
    CHECK(portions == std::vector<std::size_t>{200, 200, 50});

    CHECK(admin("purge --unused-days 30", setting()).output.starts_with("deleted 450 movies"));
    CHECK(count("rt_cache") == 0);
    CHECK(count("demand") == 0);
}

TEST_CASE_METHOD(Fixture, "Deleting takes a movie's rows in all tables, and nobody else's") {
    for (const int number : {1, 2}) {
        row(imdb(number), kNow);
        asked(imdb(number), kNow);
        fail(imdb(number), kNow);
        scrape(imdb(number));
        scrape(imdb(number));
        rtId(imdb(number));
    }
    const ImdbId id = imdb(1);
    const bool rtIds = GENERATE(false, true);
    const MovieRows expected{1, 1, 1, 2, rtIds ? 1U : 0U};
    CHECK(purge.count({&id, 1}, rtIds) == expected);
    CHECK(count("rt_cache") == 2);
    CHECK(purge.remove({&id, 1}, rtIds) == expected);
    CHECK(purge.count({&id, 1}, rtIds) == MovieRows{});
    const ImdbId other = imdb(2);
    CHECK(purge.count({&other, 1}, true) == MovieRows{1, 1, 1, 2, 1});
    CHECK(count("rt_id") == (rtIds ? 1 : 2));
}

TEST_CASE_METHOD(Fixture, "The operator is told how much, and a dry run deletes nothing") {
    row(imdb(1), kNow);
    asked(imdb(1), fromMillis(1));
    scrape(imdb(1));
    rtId(imdb(1));
    asked(imdb(2), now());

    auto outcome = admin("purge --unused-days 30 --dry-run", setting());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output,
               Catch::StartsWith("would delete 1 movies that nobody has asked for since 20") &&
                   Catch::EndsWith("1 rows, 1 of demand, 0 failures, 1 pages of history\n"));
    CHECK(count("demand") == 2);

    outcome = admin("purge --unused-days 30", setting());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output, Catch::StartsWith("deleted 1 movies"));
    CHECK(count("demand") == 1);
    CHECK(count("rt_cache") == 0);
    CHECK(count("rt_id") == 1);
}

TEST_CASE_METHOD(Fixture, "One movie is forgotten wholly") {
    row(imdb(1), kNow);
    rtId(imdb(1));
    const std::string command = "purge " + imdb(1).string();
    CHECK(admin(command + " --dry-run", setting()).output ==
          imdb(1).string() +
              ": would delete 1 rows, 0 of demand, 0 failures, 0 pages of history, and its "
              "Rotten Tomatoes id\n");
    CHECK(count("rt_cache") == 1);
    CHECK(admin(command, setting()).status == 0);
    CHECK(count("rt_cache") == 0);
    CHECK(count("rt_id") == 0);
    CHECK_THAT(
        admin(command, setting()).output,
        Catch::StartsWith(imdb(1).string() + ": nothing was known of it\nrtbatch-admin: the database is "));
}
