// The right film or none: whose page it is that came, and which page is the film's.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kDarkKnight = "tt0468569";
constexpr auto kHeat = "tt0113277";

/// What a batch of one says of a movie.
std::string askFor(const Stack& stack, const std::string& imdbId) {
    const std::vector<std::string> ids{imdbId};
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    const Outcome outcome = outcomeOf(response, imdbId);
    std::string said = outcome.event + ' ' + outcome.code;
    for (const std::string name : {"title", "year", "rtUrl", "message"}) {
        if (outcome.fields->has(name)) {
            said += " | " + outcome.fields->get(name).toString();
        }
    }
    return said;
}

}  // namespace

TEST_CASE("a slug that was given to the next film does not overwrite the row", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.warm(std::vector<std::string>{kHeat});
    stack.expire(std::vector<std::string>{kHeat});
    SECTION("where the page says it is another film's page") {
        stack.upstreams().changeFilm(kHeat, R"({"address":"m/the_dark_knight","criticScore":1})");
    }
    SECTION("where the page says an address that nobody has, and another year") {
        stack.upstreams().changeFilm(kHeat, R"({"address":"m/heat_2027","year":2027,"criticScore":1})");
    }
    SECTION("where the page says an address that nobody has, and another title") {
        stack.upstreams().changeFilm(kHeat,
                                     R"({"address":"m/heat_2027","title":"Heat Again","criticScore":1})");
    }
    SECTION("where the page is a remake's, at the original's address") {
        stack.upstreams().changeFilm(kHeat, R"({"year":2027,"criticScore":1})");
    }
    SECTION("where the address redirects to another film's page") {
        stack.upstreams().changeFilm(kHeat, R"({"movedTo":"m/the_dark_knight"})");
    }
    const int before = stack.upstreams().counts(Site::rt).requests;
    CHECK(askFor(stack, kHeat) == "movie stale | Heat | 1995 | https://www.rottentomatoes.com/m/heat");
    CHECK(askFor(stack, kHeat) == "movie stale | Heat | 1995 | https://www.rottentomatoes.com/m/heat");
    CHECK(stack.upstreams().counts(Site::rt).requests - before <= 2);  // one, and a redirect
    CHECK(askFor(stack, kDarkKnight).starts_with("movie fetched | The Dark Knight"));
}

TEST_CASE("another film's page is not shown at a first fetch either", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().changeFilm(kHeat, R"({"address":"m/the_dark_knight"})");
    CHECK_THAT(askFor(stack, kHeat), Catch::StartsWith("error scrape_failed") &&
                                         Catch::Contains("m/the_dark_knight, which is another film's"));
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 2);  // which page it is, and whose that one is
}

TEST_CASE("a page that moved is the film's under its new address, and is asked for there", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const bool redirected = GENERATE(true, false);
    stack.warm(std::vector<std::string>{kHeat});
    stack.expire(std::vector<std::string>{kHeat});
    stack.upstreams().changeFilm(kHeat, redirected ? R"({"movedTo":"m/heat_1995","criticScore":77})"
                                                   : R"({"address":"m/heat_1995","criticScore":77})");
    CHECK(askFor(stack, kHeat) == "movie fetched | Heat | 1995 | https://www.rottentomatoes.com/m/heat_1995");
    const int wikidata = stack.upstreams().counts(Site::wikidata).requests;
    stack.upstreams().changeFilm(kHeat, R"({"rtId":"m/heat_1995","movedTo":null,"address":null})");
    stack.expire(std::vector<std::string>{kHeat});
    CHECK(askFor(stack, kHeat) == "movie fetched | Heat | 1995 | https://www.rottentomatoes.com/m/heat_1995");
    CHECK(stack.upstreams().counts(Site::wikidata).requests == wikidata);
}

TEST_CASE("where Wikidata has several pages and one is dead, the next one is asked for", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().changeFilm(kHeat, R"({"values":["m/a_dead_one","m/heat"]})");
    CHECK(askFor(stack, kHeat) == "movie fetched | Heat | 1995 | https://www.rottentomatoes.com/m/heat");
    CHECK(stack.upstreams().counts(Site::rt).requests == 2);
    stack.expire(std::vector<std::string>{kHeat});
    CHECK(askFor(stack, kHeat) == "movie fetched | Heat | 1995 | https://www.rottentomatoes.com/m/heat");
    CHECK(stack.upstreams().counts(Site::rt).requests == 3);
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 1);
}

TEST_CASE("an episode is found, and what is no film's page is told", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    stack.upstreams().changeFilm("tt0999001",
                                 R"({"rtId":"tv/a_series/s01/e06","title":"The Sixth","year":2019})");
    CHECK_THAT(askFor(stack, "tt0999001"),
               Catch::StartsWith("movie fetched | The Sixth") && Catch::EndsWith("/tv/a_series/s01/e06"));
    stack.upstreams().changeFilm(kHeat, R"({"values":["celebrity/al_pacino"]})");
    CHECK_THAT(askFor(stack, kHeat),
               Catch::StartsWith("error scrape_failed") && Catch::Contains("\"celebrity/al_pacino\""));
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
}

TEST_CASE("a site that redirects every page away is left alone after a few", "[identity]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::string fault = GENERATE("redirect_home", "redirect_offsite", "redirect_loop");
    CAPTURE(fault);
    stack.upstreams().setFault(Site::rt, fault);
    const std::vector<std::string> ids = madeUpMovies(1, 30);
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(doneOf(response).errors == 30);
    CHECK_THAT(response.body(), Catch::Contains("Rotten Tomatoes is left alone for another"));
    // 3 open the breaker, one more may be under way; a page that goes round in circles is asked for 4 times.
    CHECK(stack.upstreams().counts(Site::rt).requests <= 4 * 4);

    stack.upstreams().clearFaults();
    stack.forgetFailures();
    // The handler believes for a moment what it knew of the site.
    CHECK(eventually(10s, [&] {
        const HttpResponse healed = ask(stack.http(), batchOf(ids));
        checkWhole(healed, ids);
        return doneOf(healed).errors == 0;
    }));
}
