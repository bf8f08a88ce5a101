// rtbatch-admin repair, as the operator runs it.
#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(AdminFixture,
                 "repair says what it changed, table by table, and then that there is nothing") {
    const Timestamp ahead = now() + 48h;
    row(imdb(1), now() + 1h);
    row(imdb(2), ahead + std::chrono::days(7));
    sql("INSERT INTO refresh_run (started_at, owner, pages) VALUES (" + millis(ahead) + ", 'host:1:2', 100)");
    sql("UPDATE upstream_state SET is_open = 1, shut_until = " + millis(ahead) + " WHERE upstream = 'rt'");

    const auto dry = admin("repair --dry-run", setting());
    CHECK(dry.status == 0);
    CHECK(dry.output ==
          "rt_cache: 1 rows lie too far ahead\nupstream_state: 1 rows lie too far ahead\n"
          "refresh_run: 1 rows lie too far ahead\n");
    const auto outcome = admin("repair", setting());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output,
               Catch::StartsWith("rt_cache: 1 rows are stale from now on, and fetched again\n"
                                 "upstream_state: 1 rows no longer keep requests back until then\n"
                                 "refresh_run: 1 rows were deleted, and no longer count for the budget\n"
                                 "rtbatch-admin: the database is "));
    CHECK(count("refresh_run") == 0);
    CHECK(database.sql("SELECT COUNT(*) FROM rt_cache WHERE expires_at > " + millis(now())) == "1\n");
    CHECK_THAT(admin("repair", setting()).output,
               Catch::StartsWith("nothing lies too far ahead of the database's clock, 20"));
}

TEST_CASE_METHOD(AdminFixture, "repair leaves a row that lives as long as the settings allow") {
    row(imdb(1), now() + std::chrono::days(90));
    sql("UPDATE rt_cache SET cached_at = " + millis(now()));
    CHECK_THAT(admin("repair --dry-run", setting()).output, Catch::Contains("rt_cache: 1 rows"));
    config.databaseUrl = options().url;
    const std::string long_ = setting() + "' 'RTBATCH_CACHE_TTL_HOURS=2160";
    CHECK_THAT(admin("repair", long_).output, Catch::Contains("nothing lies too far ahead"));
}
