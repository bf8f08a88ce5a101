#include <catch2/catch.hpp>

#include "common/page/film_year.h"
#include "common/page/title_match.h"
#include "film_page.h"
#include "reading.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

const std::string kTitle = "The Long Quay & Other Stories";
const std::string kHero = R"("metadataProps":["R","2012","1h 45m"],"title":"The Long Quay & Other Stories")";
const std::string kWatch = R"("releaseYear":"2011","title":"The Long Quay & Other Stories")";

Claim<int> year(int value) {
    return Claim<int>::of(value, std::to_string(value));
}

/// filmPage() without where-to-watch, with these properties in the hero, released in 2012 in both places.
std::string withHero(const std::string& hero) {
    const std::string page = with(withoutWhereToWatch(filmPage()), "2014-01-27", "2012-03-02");
    return with(page, R"("R","2012","1h 45m")", hero);
}

}  // namespace

TEST_CASE("the year of where-to-watch is the film's, whatever the release") {
    CHECK(facts(filmPage()).year == 2011);
    CHECK(layerOf(filmPage(), "year") == "where-to-watch-json");
    CHECK(facts(with(filmPage(), R"("releaseYear":"2011")", R"("releaseYear":2011)")).year == 2011);
    CHECK(facts(with(filmPage(), "Mar 2, 2012", "Nov 19, 2025")).year == 2011);
}

TEST_CASE("a year of a release alone is never the film's") {
    CHECK(facts(withoutWhereToWatch(filmPage())).year == std::nullopt);
    CHECK(facts(withHero(R"("2012")")).year == std::nullopt);  // the hero has the same release
    CHECK(facts(withHero(R"("R")")).year == std::nullopt);
    CHECK(facts(withoutMpscall(withHero(R"("R")"))).year == std::nullopt);
    CHECK(facts(withHero(R"("2013")")).year == std::nullopt);  // later than the release: another one
}

TEST_CASE("the hero's year is the film's when it is not the release's") {
    const auto hero = GENERATE(as<std::string>(), R"("2010","1h")", R"("R","2010")", R"(2010)",
                               R"("R"," 2010 ")", R"("R","Released Mar 2, 2012","2010")");
    CAPTURE(hero);
    const std::string page = withHero(hero);
    CHECK(facts(page).year == 2010);
    CHECK(layerOf(page, "year") == "media-hero-json");
    // No release at all is known.
    CHECK(facts(without(with(page, "Mar 2, 2012", ""), R"("dateCreated":"2012-03-02",)", "")).year == 2010);
    // A release that cannot be read may be the same.
    CHECK(facts(with(page, "Mar 2, 2012", "soon")).year == std::nullopt);
    CHECK(facts(with(page, R"("cag[certified_fresh]":)", R"("cag[certified_fresh]")")).year == std::nullopt);
    CHECK(facts(withoutMpscall(page)).year == std::nullopt);
}

TEST_CASE("where the sources of a film's own year disagree it is unknown") {
    CHECK(facts(with(filmPage(), R"("R","2012")", R"("R","1990")")).year == std::nullopt);
    CHECK(facts(with(filmPage(), R"("releaseYear":"2011")", R"("releaseYear":"2031")")).year == std::nullopt);
    CHECK(facts(withHero(R"("2010","1995")")).year == std::nullopt);
    CHECK(
        facts(with(filmPage(), R"("name":")" + kTitle + R"(")", R"("name":")" + kTitle + " (1985)\"")).year ==
        std::nullopt);
}

TEST_CASE("a year in the address is the film's when the hero or a release confirms it") {
    const std::string page = with(withHero(R"("2012")"), R"(/m/the_long_quay")", R"(/m/the_long_quay_2012")");
    CHECK(facts(page).year == 2012);
    CHECK(layerOf(page, "year") == "head");
    CHECK(facts(with(page, "_2012\"", "_1985\"")).year == std::nullopt);
    // Part of the title.
    const std::string race =
        with(with(page, kTitle, "Long Quay 2012"), "The Long Quay &amp; Other Stories", "Long Quay 2012");
    CHECK(facts(race).title == "Long Quay 2012");
    CHECK(facts(race).year == std::nullopt);
}

TEST_CASE("the first broadcast of a series is its year, when both releases agree") {
    const std::string page = with(withHero(R"("TV-14")"), ".com/m/the_long_quay", ".com/tv/the_long_quay");
    CHECK(facts(page).year == 2012);
    CHECK(facts(with(page, "2012-03-02", "2010-03-02")).year == std::nullopt);
}

TEST_CASE("the year's sources are weighed") {
    YearSources s{.hero = year(1990), .mps = year(1991), .ld = year(1991), .releaseIsRead = true};
    CHECK(filmYear(s).year == 1990);
    s.watch = year(1990);
    CHECK(filmYear(s).year == 1990);
    s.watch = year(1989);  // a festival's film, in the cinemas a year later
    CHECK(filmYear(s).year == 1989);
    s.watch = year(1988);
    CHECK(filmYear(s).year == std::nullopt);
    s.watch = Claim<int>::bad("MMXI");
    CHECK(filmYear(s).year == std::nullopt);
    s.slug = year(1991);
    CHECK(filmYear(s).year == std::nullopt);
    s.watch = {};
    s.suffix = year(1985);
    CHECK(filmYear(s).year == std::nullopt);
    s.hero = year(1991);  // that of the release
    CHECK(filmYear(s).year == 1985);
}

TEST_CASE("titles that contain one another are not the same") {
    CHECK(matchTitles("Quiet Harbor", "QUIET HARBOR!") == TitleMatch::same);
    CHECK(matchTitles("Quiet Harbor (1990)", "Quiet Harbor") == TitleMatch::same);
    CHECK(matchTitles("Quiet Harbor (1990)", "Quiet Harbor (2031)") == TitleMatch::contained);
    CHECK(matchTitles("Birdman", "Birdman or (The Unexpected Virtue of Ignorance)") == TitleMatch::longForm);
    CHECK(matchTitles("La Grande illusion (Grand Illusion)", "La Grande Illusion") == TitleMatch::longForm);
    for (const std::string sequel :
         {"Quiet Harbor 2", "Quiet Harbor II", "Quiet Harbor: The Return", "The Quiet Harbor",
          "Quiet Harbors", "Quiet Harbor (Part Two)", "Quiet Harbor (2)", "Return to Quiet Harbor"}) {
        CAPTURE(sequel);
        CHECK(matchTitles("Quiet Harbor", sequel) == TitleMatch::contained);
        CHECK(matchTitles(sequel, "Quiet Harbor") == TitleMatch::contained);
    }
    CHECK(matchTitles("Up", "Us") == TitleMatch::different);
    CHECK(matchTitles("$", "...") == TitleMatch::different);
}

TEST_CASE("a block of a sequel lends the film neither year nor title") {
    const auto sequel = GENERATE(as<std::string>(), "The Long Quay & Other Stories 2",
                                 "The Long Quay & Other Stories: Part Two", "The Long Quay",
                                 "Return to The Long Quay & Other Stories");
    CAPTURE(sequel);
    const std::string watch = with(filmPage(), kWatch, R"("releaseYear":"2031","title":")" + sequel + R"(")");
    CHECK(facts(watch).title == kTitle);
    CHECK(facts(watch).year == std::nullopt);
    CHECK(facts(with(watch, R"("R","2012","1h 45m")", R"("2011")")).year == 2011);

    const std::string hero =
        with(withHero(R"("2010")"), R"("2010"],"title":")" + kTitle, R"("2010"],"title":")" + sequel);
    CHECK(facts(hero).title == kTitle);
    CHECK(facts(hero).year == std::nullopt);
    // With one layer against one, nobody can say which is the page's film.
    const std::string two = withoutMediaHero(withoutMpscall(with(watch, " | Rotten Tomatoes", "")));
    CHECK_THAT(whyUnreadable(two), Catch::StartsWith("the layers name different films"));
}

TEST_CASE("a longer form of the title is the film's, and the page's own form is shown") {
    const std::string longForm = kTitle + " or (The Tide)";
    std::string page = with(filmPage(), R"("name":")" + kTitle + R"(")", R"("name":")" + longForm + R"(")");
    page = with(page, "Stories | Rotten", "Stories or (The Tide) | Rotten");
    CHECK(facts(page).title == longForm);
}

TEST_CASE("titles that are written differently are one title") {
    const auto written = GENERATE(as<std::string>(), "The Long Quay &amp; Other Stories",
                                  "The Long Quay and Other Stories", "THE LONG QUAY &amp;amp; OTHER STORIES");
    CAPTURE(written);
    const std::string watch = R"("releaseYear":"2011","title":")";
    const MovieFacts read = facts(with(filmPage(), watch + kTitle, watch + written));
    CHECK(read.title == kTitle);
    CHECK(read.year == 2011);
    // What most layers say is shown.
    const std::string capitals = "THE LONG QUAY & OTHER STORIES";
    CHECK(facts(with(with(filmPage(), watch + kTitle, watch + capitals), R"("1h 45m"],"title":")" + kTitle,
                     R"("1h 45m"],"title":")" + capitals))
              .title == kTitle);
    // Decoded where every layer has it encoded.
    const std::string all =
        with(with(filmPage(), "The Long Quay &amp; Other Stories", "Salt &amp;amp; Stone"), kTitle,
             "Salt &amp; Stone");
    CHECK(facts(all).title == "Salt & Stone");
    const std::string accents =
        with(with(filmPage(), "The Long Quay &amp; Other Stories", "AM\u00C9LIE 1 1/2"), kTitle,
             "Ame\u0301lie 1\u00BD");
    CHECK(facts(accents).title == "Ame\u0301lie 1\u00BD");
}

TEST_CASE("layers that name different films make the page unreadable") {
    whyUnreadable(with(filmPage(), kWatch, R"("releaseYear":"2011","title":"A Pier")"));
    whyUnreadable(with(filmPage(), kHero, R"("metadataProps":["2011"],"title":"A Pier")"));
    whyUnreadable(with(filmPage(), "Stories | Rotten", "Stories 2 | Rotten"));  // the page's own two
    const std::string second = R"(<meta property="og:title" content="A Pier | Rotten Tomatoes" />)";
    whyUnreadable(with(filmPage(), R"(<meta property="og:type")", second + R"(<meta property="og:type")"));
    const std::string film = R"(<script type="application/ld+json">{"@type":"Movie","name":")" + kTitle +
                             R"(","dateCreated":"1990-01-01"}</script>)";
    whyUnreadable(with(filmPage(), "<hr />", film));  // two films of one title
}

TEST_CASE("a year that no film can have is none, and no worse source replaces it") {
    const auto year = GENERATE(as<std::string>(), R"("1869")", R"("2101")", R"("20111")", R"("MMXI")", "0");
    CHECK(facts(with(filmPage(), R"("releaseYear":"2011")", R"("releaseYear":)" + year)).year ==
          std::nullopt);
}

TEST_CASE("the year that tells films apart is cut off their title, and is the film's year") {
    // As on the page of a restored film: the release date in the US is forty years late.
    std::string page = withoutWhereToWatch(filmPage());
    page = with(page, R"("name":")" + kTitle + R"(")", R"("name":")" + kTitle + " (1985)\"");
    page = with(page, "Stories | Rotten", "Stories (1985) | Rotten");
    CHECK(facts(page).title == kTitle);
    CHECK(facts(page).year == 1985);
    CHECK(layerOf(page, "year") == "title-suffix");

    // Nothing else names the film; the path ends in the same year.
    page = withoutMediaHero(withoutMpscall(page));
    CHECK(facts(page).year == std::nullopt);
    CHECK(facts(page).title == kTitle + " (1985)");
    page = with(page, R"(/m/the_long_quay")", R"(/m/the_long_quay_1985")");
    CHECK(facts(page).year == 1985);
    CHECK(facts(page).title == kTitle);
}

TEST_CASE("a year that belongs to the title stays") {
    const auto title =
        GENERATE(as<std::string>(), "1922", "2046", "(1985)", "Blade Runner 2049", "Summer (1985)");
    const std::string page =
        with(with(filmPage(), kTitle, title), "The Long Quay &amp; Other Stories", title);
    CHECK(facts(page).title == title);
    CHECK(facts(page).year == 2011);
}

TEST_CASE("the title's second sources") {
    CHECK(facts(withoutWhereToWatch(filmPage())).title == kTitle);
    const std::string head = withoutMpscall(withoutJsonLd(withoutWhereToWatch(filmPage())));
    CHECK(facts(head).title == kTitle);
    CHECK(layerOf(head, "title") == "head");
}

TEST_CASE("a title that is none makes the page unreadable") {
    const std::string bare = withoutMediaHero(withoutMpscall(withoutJsonLd(filmPage())));
    const std::string title = R"("title":")" + kTitle + R"(")";
    whyUnreadable(with(with(bare, title, R"("title":")" + std::string(301, 'x') + R"(")"),
                       "The Long Quay &amp; Other Stories | ", "| "));
    whyUnreadable(with(with(bare, title, R"("title":" ")"), "The Long Quay &amp; Other Stories | ", "| "));
    whyUnreadable(with(filmPage(), "Long", "L\xf6ng"));
}
