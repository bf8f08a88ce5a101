// What rtbatch-admin show tells of one movie, against rows made by SQL.

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <catch2/catch.hpp>
#include <string>

#include "admin/show.h"
#include "common/model/demand.h"
#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using When = RefreshForecast::Kind;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

namespace {

const std::string kFacts =
    R"({"rtUrl":"https://www.rottentomatoes.com/m/heat","title":"Heat","year":1995,"criticScore":84,)"
    R"("audienceScore":null,"criticRating":"certified_fresh","audienceRating":null,"consensus":"A \u00e9 crime."})";

struct Fixture : AdminFixture {
    const ImdbId id = imdb("tt0113277");

    Showing show() { return readShowing(store, config, id, kNow); }
    std::string text() { return showText(show()); }

    StoredMovie stored(int unchanged = 0) {
        return {CachedMovie{id, "m/heat", kFacts, kNow - days(2), kNow + days(5)}, unchanged, std::nullopt,
                std::nullopt};
    }
    void demand(int requests, Timestamp firstAt, Timestamp lastAt) {
        sql("INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) VALUES ('" + id.string() +
            "', " + std::to_string(requests) + ", " + std::to_string(requests * requestWeight(lastAt)) +
            ", " + millis(firstAt) + ", " + millis(lastAt) + ")");
    }
    void rtId(const std::string& value, Timestamp expiresAt) {
        sql("INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('" + id.string() + "', " +
            value + ", " + millis(kNow - days(1)) + ", " + millis(expiresAt) + ")");
    }
    void failure(Timestamp retryAt) {
        sql("INSERT INTO rt_failure (imdb_id, failures, failed_at, retry_at, message) VALUES ('" +
            id.string() + "', 3, " + millis(kNow - 10min) + ", " + millis(retryAt) +
            ", 'the page gave 503')");
    }
    void page(Timestamp time, const std::string& rest) {
        sql("INSERT INTO rt_scrape (imdb_id, scraped_at, outcome, critic_score, audience_score, detail) "
            "VALUES ('" +
            id.string() + "', " + millis(time) + ", " + rest + ")");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "A movie that nobody knows of is shown to be that") {
    CHECK(text() == R"(tt0113277
  row             none
  demand          never asked for
  Rotten Tom. id  not known
  last failure    none
  refresher       never by itself: nobody has asked for it, and it is on no list
  pages           none asked for
)");
}

TEST_CASE_METHOD(Fixture, "A movie as a text has everything in its place") {
    auto movie = stored();
    movie.suspectAt = kNow - days(3);
    movie.expiresAt = kNow - 1h;
    store.saveMovie(movie);
    demand(1200, kNow - days(40), kNow - 7min);
    sql("UPDATE demand SET wanted_place = 4, wanted_at = " + millis(kNow - days(10)));
    rtId("'m/heat'", kNow + days(89));
    failure(kNow - 5min);
    page(kNow - 47h, "'lost', 84, NULL, 'consensus'");
    page(kNow - 48h, "'read', 84, 94, ''");
    Showing showing = show();
    CHECK(showing.refresh.kind == When::due);
    showing.refresh.words = "WORDS";
    CHECK(showText(showing) == R"(tt0113277
  title           Heat (1995)
  page            https://www.rottentomatoes.com/m/heat
  critics         84, certified_fresh
  audience        -, -
  consensus       A é crime.
  row             stale: cached 2026-06-13 00:00:00Z (2 days ago), expires 2026-06-14 23:00:00Z (60 min ago)
  lifetime        47 h: its page lacks a fact that the row has, since 2026-06-12 00:00:00Z: looked at again after a day, to see whether the gap stays
  demand          1,200 requests, 1199.4 after fading; the first 2026-05-06 00:00:00Z, the last 2026-06-14 23:53:00Z (7 min ago); place 5 on a list of what should be warm, put there 2026-06-05 00:00:00Z
  Rotten Tom. id  m/heat; asked 2026-06-14 00:00:00Z, believed until 2026-09-12 00:00:00Z (in 89 days)
  last failure    2026-06-14 23:50:00Z (10 min ago): the page gave 503; 3 in a row, tried again when it is asked for
  refresher       WORDS
  pages           the last 2; critics, audience
    2026-06-13 01:00:00Z  lost  84, -  consensus
    2026-06-13 00:00:00Z  read  84, 94
)");
}

TEST_CASE_METHOD(Fixture, "Only the last twenty pages are shown, and only this movie's") {
    for (int i = 0; i < 21; ++i) {
        page(kNow - i * 1h, "'read', " + std::to_string(i) + ", NULL, ''");
    }
    sql("INSERT INTO rt_scrape (imdb_id, scraped_at, outcome) VALUES ('tt0000001', " + millis(kNow) +
        ", 'gone')");
    const auto pages = show().movie.pages;
    REQUIRE(pages.size() == 20);
    CHECK(pages.front().criticScore == 0);
    CHECK(pages.back().criticScore == 19);
}

TEST_CASE_METHOD(Fixture, "The lifetime's rule is told: usual, new, old and unchanged") {
    store.saveMovie(stored(1));
    CHECK_THAT(show().lifetime, Catch::StartsWith("of 1995, scores unchanged at the last 1 scrapes: "
                                                  "cache.ttl_hours (168)"));
    store.saveMovie(stored(3));
    CHECK_THAT(show().lifetime, Catch::StartsWith("an old film, of 1995, whose scores did not change at the "
                                                  "last 3 scrapes: cache.ttl_hours (168), doubled"));
    auto movie = stored(3);
    movie.released = sys_days{year(2026) / 5 / 1};
    store.saveMovie(movie);
    CHECK_THAT(show().lifetime, Catch::StartsWith("a new film, of 1995, released 2026-05-01: "
                                                  "cache.new_ttl_hours (24)"));
    movie = stored();
    movie.facts = R"({"title":"Heat","year":null})";
    store.saveMovie(movie);
    CHECK_THAT(show().lifetime, Catch::StartsWith("of an unknown year, scores unchanged"));
}

TEST_CASE_METHOD(Fixture, "A row whose facts cannot be read is shown as it stands") {
    auto movie = stored();
    movie.facts = "{broken";
    store.saveMovie(movie);
    CHECK_THAT(text(), Catch::Contains("facts           cannot be read: {broken\n"));
    const auto all = Poco::JSON::Parser().parse(showJson(show())).extract<Poco::JSON::Object::Ptr>();
    CHECK(all->getObject("row")->isNull("facts"));
}

TEST_CASE_METHOD(Fixture, "A demanded row is taken when it expires before the next run") {
    demand(1000, kNow - days(20), kNow);
    auto movie = stored();
    store.saveMovie(movie);
    CHECK(show().refresh.kind == When::later);
    CHECK(show().refresh.from == kNow + days(5) - 5min);
    CHECK_THAT(show().refresh.words,
               Catch::StartsWith("from 2026-06-19 23:55:00Z (in 4 days) on: expires in"));
    movie.expiresAt = kNow + 4min;
    store.saveMovie(movie);
    CHECK(show().refresh.kind == When::due);
    CHECK(show().refresh.worth.value() > 0.9);
    CHECK_THAT(show().refresh.words,
               Catch::StartsWith("by the next run whose budget reaches it: expires in"));
}

TEST_CASE_METHOD(Fixture, "What was asked for and never fetched is due") {
    demand(1000, kNow - days(20), kNow);
    CHECK(show().refresh.kind == When::due);
    CHECK_THAT(show().refresh.words, Catch::Contains("never fetched"));
}

TEST_CASE_METHOD(Fixture, "What hardly anybody asks for is not worth a page") {
    demand(1, kNow - days(200), kNow - days(200));
    CHECK(show().refresh.kind == When::never);
    CHECK_THAT(show().refresh.words, Catch::Contains("not worth a page"));
}

TEST_CASE_METHOD(Fixture, "What failed, or what Wikidata does not know, is held back until its time") {
    demand(1000, kNow - days(20), kNow);
    rtId("NULL", kNow + 6h);
    CHECK(show().refresh.kind == When::heldBack);
    CHECK(show().refresh.from == kNow + 6h);
    CHECK_THAT(text(), Catch::Contains("Rotten Tom. id  Wikidata knows none; asked 2026-06-14 00:00:00Z, "
                                       "believed until 2026-06-15 06:00:00Z (in 6 h)\n"));
    failure(kNow + 3min);
    CHECK(show().refresh.from == kNow + 3min);
    CHECK_THAT(text(), Catch::Contains("tried again not before 2026-06-15 00:03:00Z (in 3 min)\n"));
    sql("DELETE FROM rt_failure");
    sql("UPDATE rt_id SET expires_at = " + millis(kNow));
    CHECK(show().refresh.kind == When::due);
}

TEST_CASE_METHOD(Fixture, "A movie as JSON has the facts as an object, and null for what there is not") {
    auto parse = [this] {
        return Poco::JSON::Parser().parse(showJson(show())).extract<Poco::JSON::Object::Ptr>();
    };
    auto all = parse();
    for (const char* key : {"row", "demand", "rtId", "failure"}) {
        CHECK(all->isNull(key));
    }
    store.saveMovie(stored(2));
    demand(3, kNow - days(1), kNow - 1h);
    rtId("'m/heat'", kNow + 1h);
    failure(kNow + 1h);
    page(kNow - 1h, "'unreadable', NULL, NULL, 'no scorecard'");
    all = parse();
    CHECK(all->getValue<std::string>("imdbId") == "tt0113277");
    const auto row = all->getObject("row");
    CHECK(row->getObject("facts")->getValue<int>("criticScore") == 84);
    CHECK(row->getObject("facts")->isNull("audienceScore"));
    CHECK(row->getValue<bool>("fresh"));
    CHECK(row->getValue<int>("unchanged") == 2);
    CHECK(row->getValue<std::string>("expiresAt") == "2026-06-20T00:00:00.000Z");
    CHECK(row->isNull("suspectSince"));
    CHECK(all->getObject("demand")->getValue<int>("requests") == 3);
    CHECK(all->getObject("demand")->isNull("wantedPlace"));
    CHECK(all->getObject("rtId")->getValue<std::string>("rtId") == "m/heat");
    CHECK(all->getObject("failure")->getValue<std::string>("message") == "the page gave 503");
    CHECK(all->getObject("refresh")->getValue<std::string>("when") == "heldBack");
    const auto last = all->getArray("pages")->getObject(0);
    CHECK(last->getValue<std::string>("outcome") == "unreadable");
    CHECK(last->isNull("criticScore"));
    CHECK(last->getValue<std::string>("detail") == "no scorecard");
}

TEST_CASE_METHOD(Fixture, "The command takes an id in either case") {
    const auto outcome = admin("show TT0113277 --json", setting());
    CHECK(outcome.status == 0);
    CHECK_NOTHROW(Poco::JSON::Parser().parse(outcome.output));
    CHECK_THAT(admin("show TT0113277", setting()).output, Catch::StartsWith("tt0113277\n"));
}
