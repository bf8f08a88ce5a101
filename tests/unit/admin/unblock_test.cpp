// rtbatch-admin unblock, as the operator runs it.
#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

struct Fixture : AdminFixture {
    std::string state(const std::string& upstream) const {
        return database.sql(
            "SELECT failures, forbidden, is_open, opening_ms, shut_until, probe_until, redirected, "
            "suspended_at, version FROM upstream_state WHERE upstream = '" +
            upstream + "'");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "unblock lifts the breaker of the site that is named, and says what it was") {
    for (const std::string upstream : {"rt", "wikidata"}) {
        sql("UPDATE upstream_state SET failures = 7, forbidden = 3, redirected = 2, is_open = 1, opening_ms "
            "= "
            "900000, "
            "shut_until = " +
            millis(now() + 14min) + ", probe_until = " + millis(now() + 5s) +
            ", version = 12 WHERE upstream = '" + upstream + "'");
    }
    const auto outcome = admin("unblock rt", setting());
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output,
               Catch::StartsWith("rt: requests may go again; it was: 403 3 times in a row; left "
                                 "alone until 20") &&
                   Catch::Contains("(in 1"));
    CHECK(state("rt") == "0\t0\t0\t30000\t0\t0\t0\t0\t13\n");
    CHECK_THAT(state("wikidata"), Catch::StartsWith("7\t3\t1\t900000\t"));
    CHECK_THAT(admin("unblock rt", setting()).output,
               Catch::StartsWith("rt: nothing kept requests back\nrtbatch-admin: the database is "));
}

TEST_CASE_METHOD(Fixture, "unblock has pages believed again, and those from before no longer count") {
    sql("UPDATE upstream_state SET is_open = 1, suspended_at = " + millis(now() - 2h) +
        ", shut_until = " + millis(now() + 4min) + " WHERE upstream = 'rt'");
    const Timestamp before = now();
    CHECK_THAT(admin("unblock rt", setting()).output,
               Catch::Contains("it was: markup changed? nothing is written"));
    CHECK_THAT(state("rt"), Catch::StartsWith("0\t0\t0\t30000\t0\t0\t0\t0\t"));
    CHECK(std::stoll(database.sql("SELECT cleared_at FROM upstream_state WHERE upstream = 'rt'")) >=
          toMillis(before - 1s));
}

TEST_CASE_METHOD(Fixture, "unblock of a site whose row is missing says so") {
    sql("DELETE FROM upstream_state");
    const auto outcome = admin("unblock wikidata", setting());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.output,
               Catch::Contains("its row of upstream_state is missing; run rtbatch-admin migrate"));
}
