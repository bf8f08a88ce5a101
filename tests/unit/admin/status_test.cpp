// Each figure of rtbatch-admin status, against rows made by SQL.

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <catch2/catch.hpp>
#include <string>

#include "admin/status.h"
#include "common/fetch/breaker.h"
#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// A process of another host, which is never known to be dead.
const std::string kElsewhere = "elsewhere/1/2:77:99";

struct Fixture : AdminFixture {
    Status status() { return readStatus(store, config, kNow); }
    UpstreamStatus rt() { return status().upstreams.at(1); }

    void absent(const ImdbId& id, Timestamp expiresAt) {
        sql("INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('" + id.string() +
            "', NULL, 1, " + millis(expiresAt) + ")");
    }
    void known(const ImdbId& id, Timestamp expiresAt) {
        sql("INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('" + id.string() +
            "', 'm/heat', 1, " + millis(expiresAt) + ")");
    }
    void served(Timestamp since, const std::string& counts) {
        sql("INSERT INTO served (since, cached, stale, fetched, not_found, failed) VALUES (" + millis(since) +
            ", " + counts + ")");
    }
    void lease(const std::string& name, const std::string& owner, Timestamp since = kNow - 3s,
               Timestamp until = kNow + 20s) {
        sql("INSERT INTO lease (name, owner, acquired_at, expires_at) VALUES ('" + name + "', '" + owner +
            "', " + millis(since) + ", " + millis(until) + ")");
    }
    void run(Timestamp startedAt, const std::string& owner, Timestamp endedAt, int pages,
             const std::string& endedBy = "budget") {
        sql("INSERT INTO refresh_run (started_at, owner, ended_at, due, pages, renewed, not_found, failed, "
            "ended_by) VALUES (" +
            millis(startedAt) + ", '" + owner + "', " + millis(endedAt) + ", 1200, " + std::to_string(pages) +
            ", 3, 2, 1, '" + endedBy + "')");
    }
    void rtState(const std::string& assignments) {
        sql("UPDATE upstream_state SET " + assignments + " WHERE upstream = 'rt'");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "A movie that is asked for is fresh, stale, missing, or known to be nowhere") {
    for (int i = 1; i <= 6; ++i) {
        asked(imdb(i), kNow);
    }
    row(imdb(1), kNow + 1ms);
    row(imdb(2), kNow);
    absent(imdb(3), kNow + 1ms);
    absent(imdb(4), kNow);
    known(imdb(5), kNow + 1h);
    absent(imdb(1), kNow + 1h);  // a row counts for more than Wikidata's word
    CHECK(status().rows == RowsByDemand{RowCounts{1, 1, 3, 1}, {}, {}, {}});
}

TEST_CASE_METHOD(Fixture, "The classes part at the 100th, the 1,000th and the 10,000th in demand") {
    // The least demanded has the smallest id, and every row is stale but one in each class's last place.
    constexpr int kMovies = 10003;
    constexpr int kInAStatement = 1000;
    std::string demand;
    std::string rows;
    for (int place = 1; place <= kMovies; ++place) {
        const std::string id = (demand.empty() ? "('" : ", ('") + imdb(kMovies - place).string();
        demand += id + "', 1, " + std::to_string(kMovies - place + 1) + ".5)";
        const bool last = place == 100 || place == 1000 || place == 10000;
        rows += id + "', 'm/x', '{}', 1, " + millis(last ? kNow + 1ms : kNow) + ")";
        if (place % kInAStatement == 0 || place == kMovies) {
            sql("INSERT INTO demand (imdb_id, requests, weight) VALUES " + demand);
            sql("INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES " + rows);
            demand.clear();
            rows.clear();
        }
    }
    row(imdb("tt9999999"), kNow + 1h);  // which nobody asked for
    CHECK(status().rows == RowsByDemand{RowCounts{1, 99}, {1, 899}, {1, 8999}, {1, 3}});
}

TEST_CASE_METHOD(Fixture, "What is wanted and not there is missing, also in the rest") {
    sql("INSERT INTO demand (imdb_id, wanted_place, wanted_at) VALUES ('tt1000001', 1, 1)");
    CHECK(status().rows.front() == RowCounts{0, 0, 1, 0});
}

TEST_CASE_METHOD(Fixture, "The hit ratio is of the last hour and day, and stale rows are no hits") {
    served(kNow - 25h, "1000, 0, 0, 0, 0");
    served(kNow - 24h, "10, 20, 30, 40, 50");
    served(kNow - 61min, "5, 0, 0, 0, 0");
    served(kNow - 60min, "1, 0, 0, 0, 1");
    served(kNow - 5min, "2, 2, 1, 1, 0");
    const Status status = this->status();
    CHECK(status.lastHour == ServedCounts{3, 2, 1, 1, 1});
    CHECK(status.lastDay == ServedCounts{18, 22, 31, 41, 51});
    CHECK(hitRatio(status.lastHour) == Approx(3.0 / 8));
    CHECK(hitRatio(status.lastDay) == Approx(18.0 / 163));
    CHECK_FALSE(hitRatio(ServedCounts{}));
}

TEST_CASE_METHOD(Fixture, "An upstream that answers works") {
    CHECK(status().upstreams.at(0).words == "works");
    CHECK(rt().condition == UpstreamCondition::works);
    rtState("failures = 2");
    CHECK(rt().words == "works; the last 2 requests failed");
}

TEST_CASE_METHOD(Fixture, "An upstream that is left alone says why and until when") {
    rtState("shut_at = 1, shut_until = " + millis(kNow + 90s));
    CHECK(rt().condition == UpstreamCondition::waits);
    CHECK(rt().until == kNow + 90s);
    CHECK(rt().words == "it asked for a pause; left alone until 2026-06-15 00:01:30Z (in 90 s)");
    rtState("is_open = 1, failures = 5");
    CHECK(rt().words == "the last 5 requests failed; left alone until 2026-06-15 00:01:30Z (in 90 s)");
    rtState("forbidden = 3, failures = 3");
    CHECK_THAT(rt().words, Catch::StartsWith("403 3 times in a row; left alone"));
}

TEST_CASE_METHOD(Fixture, "An upstream that is probed says whether the probe is out") {
    rtState("is_open = 1, failures = 5, shut_until = " + millis(kNow));
    CHECK(rt().condition == UpstreamCondition::probing);
    CHECK(rt().words == "the last 5 requests failed; the next request tries it");
    rtState("probe_until = " + millis(kNow + 10s));
    CHECK(rt().condition == UpstreamCondition::probing);
    CHECK(rt().words == "the last 5 requests failed; one request is out to try it");
}

TEST_CASE_METHOD(Fixture, "A markup guard that has struck is plain to see") {
    const UpstreamState suspended = withPagesSuspended(store.readUpstream("rt").state, kNow - 2min);
    REQUIRE(store.saveUpstream("rt", suspended));
    CHECK(rt().condition == UpstreamCondition::suspended);
    CHECK(rt().words ==
          "markup changed? nothing is written since 2026-06-14 23:58:00Z; one page in 5 minutes is "
          "tried, the next in 3 min");
    CHECK(rt().until == kNow + 3min);
    REQUIRE(store.saveUpstream("rt", withPagesBelieved(store.readUpstream("rt").state, kNow)));
    CHECK(rt().condition == UpstreamCondition::works);
}

TEST_CASE_METHOD(Fixture, "A row of an upstream that is missing is said to be") {
    sql("DELETE FROM upstream_state WHERE upstream = 'rt'");
    CHECK(rt().condition == UpstreamCondition::unknown);
    CHECK_THAT(rt().words, Catch::Contains("rtbatch-admin migrate"));
}

TEST_CASE_METHOD(Fixture,
                 "Slots and the line for them name host and process; what has ended does not count") {
    lease("slot.rt.0", kElsewhere + "#5");
    lease("slot.rt.1", kElsewhere + "#6", kNow - 1min, kNow);
    lease("slot.rt.wait.0." + kElsewhere, kElsewhere + "#7");
    lease("slot.rt.wait.1." + kElsewhere, kElsewhere + "#8");
    lease("slot.wikidata.3", "elsewhere/1/2:88:99#1");
    config.rtMaxConcurrent = 3;
    const auto rt = this->rt();
    CHECK(rt.capacity == 3);
    REQUIRE(rt.held.size() == 1);
    CHECK(rt.held[0].number == 0);
    CHECK(rt.held[0].holder.owner.describe() == "elsewhere (process 77)");
    CHECK(rt.held[0].holder.since == kNow - 3s);
    CHECK(rt.held[0].holder.until == kNow + 20s);
    REQUIRE(rt.waiting.size() == 2);
    CHECK(rt.waiting[0].people);
    CHECK_FALSE(rt.waiting[1].people);
    CHECK(rt.waiting[1].holder.owner.pid() == 77);
    REQUIRE(status().upstreams.at(0).held.size() == 1);
    CHECK(status().upstreams.at(0).held[0].number == 3);
    CHECK(status().upstreams.at(0).held[0].holder.owner.pid() == 88);
}

TEST_CASE_METHOD(Fixture, "The refresher's last five runs, the one under way and one that was killed") {
    lease("lock.refresher", kElsewhere + "#1");
    for (int i = 2; i <= 6; ++i) {
        run(kNow - i * 1h, kElsewhere, kNow - i * 1h + 40s, i);
    }
    run(kNow - 1h, "elsewhere/1/2:76:99", fromMillis(0), 10, "");
    run(kNow - 1min, kElsewhere, fromMillis(0), 20, "");
    const Status status = this->status();
    REQUIRE(status.refresherLock);
    CHECK(status.refresherLock->owner.pid() == 77);
    REQUIRE(status.runs.size() == 5);
    CHECK(status.runs[0].run.startedAt == kNow - 1min);
    CHECK(status.runs[0].underWay);
    CHECK_FALSE(status.runs[1].underWay);
    CHECK_FALSE(status.runs[1].run.endedAt);
    CHECK(status.runs[4].run.pages == 4);
    CHECK(status.runs[4].run.endedAt == kNow - 4h + 40s);
}

TEST_CASE_METHOD(Fixture, "The budget is what runs of the last day leave of the day's pages") {
    config.refresherPagesPerDay = 8;
    run(kNow - 30h, kElsewhere, kNow - 30h, 6);
    CHECK(status().budget == 1);
    run(kNow - 23h, kElsewhere, kNow - 23h, 7);
    run(kNow - 1h, kElsewhere, kNow - 1h, 1);
    const Status status = this->status();
    CHECK(status.budget == 0);
    CHECK(status.pagesLastDay == 8);
    CHECK(status.pagesPerDay == 8);
}

TEST_CASE_METHOD(Fixture, "What is remembered of Wikidata, and how far the mapping has been taken over") {
    known(imdb(1), kNow + 1ms);
    known(imdb(2), kNow);
    absent(imdb(3), kNow + 1ms);
    sql("INSERT INTO id_sync (source, started_at, ended_at, after_rt_id, requests, found) VALUES "
        "('wikidata', " +
        millis(kNow - 2h) + ", 0, 'm/heat', 12, 34567)");
    Status status = this->status();
    CHECK(status.rtIds == RtIdCounts{2, 1, 1});
    CHECK(status.sync == IdSync{kNow - 2h, {}, "m/heat", 12, 34567});
    sql("UPDATE id_sync SET ended_at = " + millis(kNow - 1h));
    CHECK(this->status().sync->endedAt == kNow - 1h);
}

TEST_CASE_METHOD(Fixture, "The status as a text has everything in its place") {
    for (int i = 1; i <= 3; ++i) {
        asked(imdb(i), kNow, 10 - i);
    }
    row(imdb(1), kNow + 1h);
    row(imdb(2), kNow - 1h);
    row(imdb(9), kNow + 1h);
    served(kNow - 5min, "1999, 0, 1, 0, 0");
    rtState("is_open = 1, failures = 5, shut_until = " + millis(kNow + 5min));
    lease("slot.rt.0", kElsewhere + "#5");
    lease("slot.rt.wait.1." + kElsewhere, kElsewhere + "#8");
    lease("lock.refresher", kElsewhere + "#1");
    run(kNow - 10min, kElsewhere, kNow - 9min, 250);
    run(kNow - 5min, kElsewhere, fromMillis(0), 0, "");
    known(imdb(1), kNow + 1ms);
    sql("INSERT INTO id_sync (source, started_at, ended_at, after_rt_id, requests, found) VALUES "
        "('wikidata', " +
        millis(kNow - 2h) + ", 0, 'm/heat', 12, 34567)");
    Status status = this->status();
    status.database = "DATABASE";
    CHECK(statusText(status) == "rtbatch " + version() + R"(, DATABASE, 2026-06-15 00:00:00Z

Rows by demand           movies  fresh  stale  missing  not found
  the 100 most demanded       3      1      1        1          0
  the next 900                0      0      0        0          0
  the next 9,000              0      0      0        0          0
  the rest                    1      1      0        0          0
  all                         4      2      1        1          0

Answers      movies  cached  stale  fetched  not found  failed    hits
  last hour   2,000   1,999      0        1          0       0  99.9 %
  last day    2,000   1,999      0        1          0       0  99.9 %

Upstreams
  wikidata: works
    0 of 5 slots held, 0 waiting
  rt: the last 5 requests failed; left alone until 2026-06-15 00:05:00Z (in 5 min)
    1 of 2 slots held, 1 waiting
    slot 0: elsewhere (process 77) since 2026-06-14 23:59:57Z
    waiting for the refresher: elsewhere (process 77) since 2026-06-14 23:59:57Z

Refresher
  running: elsewhere (process 77) since 2026-06-14 23:59:57Z
  budget: 13 pages now; 250 of 2,000 asked for in the last 24 hours
  last runs (the last was 5 min ago):
    2026-06-14 23:55:00Z: due 1,200, pages 0, renewed 3, not found 2, failed 1; under way
    2026-06-14 23:50:00Z: due 1,200, pages 250, renewed 3, not found 2, failed 1; ended by budget after 60 s

Rotten Tomatoes ids
  1 known, 0 known to be absent; 0 of them to be asked again
  last sync: begun 2026-06-14 22:00:00Z, not complete, it has come to 'm/heat'; 34,567 ids in 12 requests
)");
}

TEST_CASE_METHOD(Fixture, "A process of this host that has ended is said to have") {
    const std::string self = Owner::self().text();
    lease("slot.rt.0", self + "#1");
    lease("slot.rt.1", self.substr(0, self.find(':')) + ":4194999:1#1");
    const std::string text = statusText(status());
    CHECK_THAT(text, Catch::Contains("(process 4194999) since 2026-06-14 23:59:57Z, which has ended\n"));
    CHECK_THAT(text, Catch::Contains("(process " + std::to_string(Owner::self().pid()) +
                                     ") since 2026-06-14 23:59:57Z\n"));
}

TEST_CASE_METHOD(Fixture, "The status as JSON has the same figures, and null for what there is not") {
    asked(imdb(1), kNow);
    served(kNow - 5min, "3, 0, 1, 0, 0");
    lease("slot.rt.0", kElsewhere + "#5");
    run(kNow - 5min, kElsewhere, fromMillis(0), 2, "");
    const auto all = Poco::JSON::Parser().parse(statusJson(status())).extract<Poco::JSON::Object::Ptr>();
    CHECK(all->getValue<std::string>("time") == "2026-06-15T00:00:00.000Z");
    CHECK(all->getArray("rows")->size() == 4);
    CHECK(all->getArray("rows")->getObject(0)->getValue<int>("missing") == 1);
    CHECK(all->getArray("rows")->getObject(1)->getValue<int>("fromPlace") == 101);
    CHECK(all->getArray("rows")->getObject(3)->isNull("toPlace"));
    CHECK(all->getObject("served")->getObject("lastHour")->getValue<double>("hitRatio") == 0.75);
    const auto rt = all->getArray("upstreams")->getObject(1);
    CHECK(rt->getValue<std::string>("condition") == "works");
    CHECK(rt->isNull("until"));
    CHECK(rt->isNull("suspendedSince"));
    CHECK(rt->getArray("held")->getObject(0)->getValue<std::string>("host") == "elsewhere");
    CHECK(rt->getArray("held")->getObject(0)->getValue<int>("pid") == 77);
    CHECK(all->getObject("refresher")->isNull("lock"));
    CHECK(all->getObject("refresher")->getArray("runs")->getObject(0)->isNull("endedAt"));
    CHECK(all->getObject("refresher")->getValue<int>("pagesLastDay") == 2);
    CHECK(all->getObject("rtIds")->isNull("sync"));
}

TEST_CASE_METHOD(Fixture, "The command ends with 0 also when nothing is well") {
    rtState("is_open = 1, failures = 5, shut_until = " + millis(now() + 1h));
    const auto text = admin("status", setting());
    CHECK(text.status == 0);
    CHECK_THAT(text.output, Catch::Contains("left alone until"));
    const auto json = admin("status --json", setting());
    CHECK(json.status == 0);
    CHECK_NOTHROW(Poco::JSON::Parser().parse(json.output));
}
