#include "tests/upstreams/films.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/model/imdb_id.h"
#include "common/model/rt_id.h"

using namespace rtbatch;
using namespace rtbatch::standin;

TEST_CASE("every film has ids of its own that the product accepts") {
    std::set<std::string> ids;
    for (const Film& film : knownFilms()) {
        INFO(film.imdbId << " " << film.rtId);
        CHECK(ImdbId::parse(film.imdbId));
        CHECK(RtId::parse(film.rtId));
        CHECK(ids.insert(film.imdbId).second);
        CHECK(ids.insert(film.rtId).second);
        CHECK_FALSE(film.facts.title.empty());
        CHECK(findFilm(film.imdbId)->facts == film.facts);
        CHECK(findFilmByRtId(film.rtId)->imdbId == film.imdbId);
    }
    CHECK(knownFilms().size() >= 40);
}

TEST_CASE("a million generated films follow from their number") {
    const auto film = findFilm("tt9000001");
    REQUIRE(film);
    CHECK(film->rtId == "m/standin_9000001");
    CHECK(findFilmByRtId("m/standin_9000001")->imdbId == "tt9000001");
    CHECK(findFilm("tt9000002")->facts != film->facts);
    CHECK(generatedFilm("tt9999998"));
    for (const auto* none :
         {"tt9000099", "tt9999999", "tt8999999", "tt90000011", "tt900000", "tt90000x1", "nm9000001"}) {
        INFO(none);
        CHECK_FALSE(findFilm(none));
    }
    CHECK_FALSE(findFilmByRtId("m/standin_9000099"));
}

TEST_CASE("what is useful of an odd answer is an id that the product may ask for") {
    for (const OddAnswer& odd : oddAnswers()) {
        INFO(odd.imdbId << " " << odd.why);
        CHECK(ImdbId::parse(odd.imdbId));
        CHECK_FALSE(findFilm(odd.imdbId));
        CHECK((odd.useful.empty() || RtId::parse(odd.useful)));
    }
}
