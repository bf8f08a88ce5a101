// The stand-in's pages, read by the program that reads the real ones.
#include "tests/upstreams/pages.h"

#include <catch2/catch.hpp>

#include "common/page/reader_process.h"

using namespace rtbatch;
using namespace rtbatch::standin;
using namespace std::chrono_literals;

namespace {

Reading read(const std::string& html) {
    static ReaderProcess reader(RTBATCH_READER);
    return reader.read(html, Deadline::in(20s));
}

void checkReadsAs(const Film& film) {
    INFO(film.imdbId << " " << film.rtId);
    const Reading reading = read(filmPage(film, kDefaultPageBytes));
    const auto* facts = std::get_if<MovieFacts>(&reading);
    INFO((facts == nullptr ? std::get<Unreadable>(reading).reason
                           : renderFacts(*RtId::parse(film.rtId), *facts)));
    INFO("expected: " << renderFacts(*RtId::parse(film.rtId), film.facts));
    REQUIRE(facts != nullptr);
    MovieFacts expected = film.facts;
    expected.page = film.rtId;
    CHECK(*facts == expected);
}

}  // namespace

TEST_CASE("every film's page is read as its facts") {
    for (const Film& film : knownFilms()) {
        checkReadsAs(film);
    }
}

TEST_CASE("a page without where-to-watch does not say the film's year") {
    Film film = knownFilms().front();
    film.whereToWatch = false;
    film.facts.year.reset();
    Film shown = film;
    shown.facts.year = knownFilms().front().facts.year;
    const Reading reading = read(filmPage(shown, kDefaultPageBytes));
    film.facts.page = film.rtId;
    REQUIRE(std::holds_alternative<MovieFacts>(reading));
    CHECK(std::get<MovieFacts>(reading) == film.facts);
}

TEST_CASE("generated films' pages are read as their facts") {
    for (int number = 9000000; number < 9000040; ++number) {
        checkReadsAs(*generatedFilm("tt" + std::to_string(number)));
    }
}

TEST_CASE("pages that are no film's are unreadable") {
    const Film& film = knownFilms().front();
    for (const auto& page : {notFoundPage(kDefaultPageBytes), homePage(kDefaultPageBytes), blockedPage(),
                             crashPage(), std::string(), pageWithoutScorecard(film, kDefaultPageBytes),
                             pageWithoutPlaces(film, kDefaultPageBytes)}) {
        INFO(page.substr(0, 400));
        CHECK(std::holds_alternative<Unreadable>(read(page)));
    }
}

TEST_CASE("a page of the old design is unreadable or right, never wrong") {
    for (const Film& film : knownFilms()) {
        const Reading reading = read(oldDesignPage(film, kDefaultPageBytes));
        if (const auto* facts = std::get_if<MovieFacts>(&reading)) {
            CHECK(facts->title == film.facts.title);
            CHECK(facts->criticScore == film.facts.criticScore);
        }
    }
}
