// The table of cases: what each id of a batch becomes.
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE("a miss is fetched, and a hit from then on", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = {"tt0111161", "tt0468569"};

    const HttpResponse first = ask(stack.http(), batchOf(ids));
    checkWhole(first, ids);
    CHECK(doneOf(first) == Done{.total = 2, .cached = 0, .fetched = 2, .errors = 0, .stale = 0});
    const HttpResponse second = ask(stack.http(), batchOf(ids));
    checkWhole(second, ids);
    CHECK(doneOf(second) == Done{.total = 2, .cached = 2, .fetched = 0, .errors = 0, .stale = 0});

    // What was fetched and what was stored differ in nothing but the status.
    for (const std::string& id : ids) {
        auto fetched = outcomeOf(first, id).fields;
        auto cached = outcomeOf(second, id).fields;
        for (const std::string& name : fetched->getNames()) {
            INFO(id << ' ' << name);
            CHECK((name == "status" || fetched->get(name) == cached->get(name)));
        }
    }
    const auto knight = outcomeOf(second, "tt0468569").fields;
    CHECK(knight->getValue<std::string>("title") == "The Dark Knight");
    CHECK(knight->getValue<std::string>("rtUrl") == "https://www.rottentomatoes.com/m/the_dark_knight");
    CHECK(knight->getValue<int>("year") == 2008);
    CHECK(knight->getValue<int>("criticScore") == 94);
    CHECK(knight->getValue<std::string>("criticRating") == "certified_fresh");
    CHECK(knight->getValue<std::string>("audienceRating") == "upright");
}

TEST_CASE("a stale movie is fetched again", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = {madeUpMovie(1), madeUpMovie(2)};
    stack.warm(ids);
    const HttpResponse before = ask(stack.http(), batchOf(ids));
    stack.expire(std::vector<std::string>{ids[0]});

    const HttpResponse after = ask(stack.http(), batchOf(ids));
    checkWhole(after, ids);
    CHECK(verdictOf(after, ids[0]) == "movie fetched");
    CHECK(verdictOf(after, ids[1]) == "movie cached");
    CHECK(outcomeOf(after, ids[0]).fields->getValue<std::string>("cachedAt") >
          outcomeOf(before, ids[0]).fields->getValue<std::string>("cachedAt"));
    CHECK(verdictOf(ask(stack.http(), batchOf(ids)), ids[0]) == "movie cached");
}

TEST_CASE("a stale movie whose fetch fails is given as it was", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = {madeUpMovie(1), madeUpMovie(2)};
    stack.warm(ids);
    const HttpResponse before = ask(stack.http(), batchOf(ids));
    stack.expire(ids);

    SECTION("because its page is broken") {
        stack.upstreams().setFault(ids[0], "garbage");
    }
    SECTION("because its page is gone and Wikidata knows no other") {
        stack.upstreams().setFault(ids[0], "404");
    }
    const HttpResponse after = ask(stack.http(), batchOf(ids));
    checkWhole(after, ids);
    CHECK(verdictOf(after, ids[0]) == "movie stale");
    CHECK(verdictOf(after, ids[1]) == "movie fetched");
    CHECK(doneOf(after) == Done{.total = 2, .cached = 1, .fetched = 1, .errors = 0, .stale = 1});
    CHECK(outcomeOf(after, ids[0]).fields->getValue<std::string>("cachedAt") ==
          outcomeOf(before, ids[0]).fields->getValue<std::string>("cachedAt"));
}

TEST_CASE("a stale movie that Wikidata does not know, or cannot say, is given as it was", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::string id = unknownMovie(3);
    // No slug in the old row that could be asked for without Wikidata.
    stack.sql(
        "INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES ('" + id +
        R"(', '', '{"rtUrl":"https://www.rottentomatoes.com/m/x","title":"X","year":null,"criticScore":null,)"
        R"("audienceScore":null,"criticRating":null,"audienceRating":null,"consensus":null}', 1, 2))");
    SECTION("knows none") {}
    SECTION("fails") {
        stack.upstreams().setFault(Site::wikidata, "500");
    }
    const HttpResponse response = ask(stack.http(), batchOf(std::vector<std::string>{id}));
    checkWhole(response, std::vector<std::string>{id});
    CHECK(verdictOf(response, id) == "movie stale");
}

TEST_CASE("a movie that Wikidata does not know is not_found, and Wikidata is not asked again", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = {unknownMovie(1), madeUpMovie(1)};
    for (const int wikidataRequests : {1, 1}) {
        const HttpResponse response = ask(stack.http(), batchOf(ids));
        checkWhole(response, ids);
        CHECK(verdictOf(response, ids[0]) == "error not_found");
        CHECK(stack.upstreams().counts(Site::wikidata).requests == wikidataRequests);
    }
}

TEST_CASE("a miss is scrape_failed when Wikidata fails, and nothing false is remembered", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.upstreams().setFault(Site::wikidata, "cut");
    const HttpResponse failed = ask(stack.http(), batchOf(ids));
    checkWhole(failed, ids);
    CHECK(doneOf(failed).errors == 3);
    CHECK(verdictOf(failed, ids[0]) == "error scrape_failed");

    stack.upstreams().clearFaults();
    const HttpResponse healed = ask(stack.http(), batchOf(ids));
    checkWhole(healed, ids);
    CHECK(doneOf(healed).fetched == 3);
}

TEST_CASE("all cases stand together in one stream", "[outcomes]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = {{"batch.timeout_s", "2"}}});
    const std::vector<std::string> ids = {madeUpMovie(1), madeUpMovie(2), madeUpMovie(3),
                                          madeUpMovie(4), madeUpMovie(5), unknownMovie(1)};
    stack.warm(std::vector<std::string>(ids.begin(), ids.begin() + 3));
    stack.expire(std::vector<std::string>{ids[1], ids[2]});
    stack.upstreams().setFault(ids[2], "garbage");
    stack.upstreams().setFault(ids[4], "hang");

    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(verdictOf(response, ids[0]) == "movie cached");
    CHECK(verdictOf(response, ids[1]) == "movie fetched");
    CHECK(verdictOf(response, ids[2]) == "movie stale");
    CHECK(verdictOf(response, ids[3]) == "movie fetched");
    CHECK(verdictOf(response, ids[4]) == "error timeout");
    CHECK(verdictOf(response, ids[5]) == "error not_found");
    CHECK(doneOf(response) == Done{.total = 6, .cached = 2, .fetched = 2, .errors = 2, .stale = 1});
}
