#include <catch2/catch.hpp>

#include "film_page.h"
#include "reading.h"

using namespace rtbatch;
using namespace rtbatch::test;

TEST_CASE("a film's page gives its facts") {
    CHECK(facts(filmPage()) == filmFacts());
}

TEST_CASE("each fact says which layer it came from") {
    Explanation explanation;
    readPage(filmPage(), &explanation);
    CHECK(explanation.from() == std::map<std::string, std::string>{{"title", "where-to-watch-json"},
                                                                   {"year", "where-to-watch-json"},
                                                                   {"criticScore", "media-scorecard-json"},
                                                                   {"audienceScore", "media-scorecard-json"},
                                                                   {"certified", "media-scorecard-json"},
                                                                   {"consensus", "critics-consensus"},
                                                                   {"released", "mpscall"},
                                                                   {"page", "head"}});
}

TEST_CASE("a film without scores has none, though it has counts") {
    std::string page =
        without(filmPage(), R"("score":"74","sentiment":"POSITIVE","scorePercent":"74%",)", "");
    page = without(page, R"("certified":true,)", "");
    page = with(page, R"("score":"61",)", "");
    page = with(page, R"("certified":true,"score":"74")", R"("ratingCount":2)");
    page = without(page, R"("sentiment":"POSITIVE",)", "");
    page = without(page, R"("scorePercent":"61%",)", "");
    page = with(page, R"(role="button">74%<)", R"(role="button"><)");
    page = with(page, R"(role="button">61%<)", R"(role="button"><)");
    page = with(page, R"(certified="true" sentiment="POSITIVE" size)", R"(certified="" sentiment="" size)");
    page = without(page, R"("aggregateRating":{)", "},");
    const MovieFacts read = facts(page);
    CHECK(read.criticScore == std::nullopt);
    CHECK(read.audienceScore == std::nullopt);
    CHECK_FALSE(read.certified);

    // Without critics' reviews JSON-LD's rating is the audience's.
    page = with(
        page, R"("dateCreated")",
        R"("aggregateRating":{"bestRating":"100","name":"AudienceScore","ratingValue":"98"},"dateCreated")");
    CHECK(facts(page).criticScore == std::nullopt);
}

TEST_CASE("a score of 0 is a score") {
    std::string page = with(filmPage(), "74%", "0%");
    page = with(page, R"("74")", R"("0")");
    page = with(page, R"("certified":true)", R"("certified":false)");
    page = with(page, R"(certified="true")", R"(certified="false")");
    CHECK(facts(page).criticScore == 0);
    CHECK(facts(with(page, R"("score":"0")", R"("score":0)")).criticScore == 0);
}

TEST_CASE("certified does not follow from the score") {
    std::string page =
        with(filmPage(), R"("certified":true,"likedCount":89)", R"("certified":false,"likedCount":89)");
    page = with(page, R"(certified="true" sentiment)", R"(certified="false" sentiment)");
    page = with(with(page, "74%", "100%"), R"("74")", R"("100")");
    CHECK(facts(page).criticScore == 100);
    CHECK_FALSE(facts(page).certified);
}

TEST_CASE("what is no score makes the page unreadable") {
    const auto score = GENERATE(as<std::string>(), R"("101")", R"("7.4")", R"("-1")", R"("")", R"("n/a")",
                                "74.5", "true", "[74]", "1e2", "740000000000000000000000");
    CAPTURE(score);
    const std::string page =
        with(filmPage(), R"("score":"74","sentiment")", R"("score":)" + score + R"(,"sentiment")");
    whyUnreadable(page);
}

TEST_CASE("layers that contradict each other make the page unreadable") {
    const std::string page = filmPage();
    CHECK(whyUnreadable(with(page, R"(role="button">74%)", R"(role="button">75%)")) ==
          "the layers contradict each other on the critics' score: media-scorecard-json says 74, "
          "media-scorecard says "
          "75%");
    whyUnreadable(with(page, R"(role="button">61%)", R"(role="button">62%)"));
    whyUnreadable(with(page, R"(role="button">61%)", R"(role="button">)"));
    whyUnreadable(with(page, R"("ratingValue":"74")", R"("ratingValue":"7")"));
    whyUnreadable(with(page, R"(certified="true" sentiment)", R"(certified="false" sentiment)"));
    whyUnreadable(with(page, R"("scorePercent":"74%")", R"("scorePercent":"47%")"));
    whyUnreadable(with(page, R"("releaseYear":"2011","title":"The Long Quay)",
                       R"("releaseYear":"2011","title":"A Pier)"));
    // A key that was renamed is no film without a score.
    whyUnreadable(
        with(page, R"("score":"61","scoreType":"VERIFIED","sentiment")", R"("value":"61","sentiment")"));
}

TEST_CASE("the release is the day that mpscall names, and no other date of the page") {
    CHECK(facts(filmPage()).released == std::chrono::year(2012) / 3 / 2);
    // JSON-LD's date may be of a streaming, its uploadDate is a trailer's.
    CHECK(facts(withoutMpscall(filmPage())).released == std::nullopt);
    // A restored film: the release is forty years after the film.
    const MovieFacts restored = facts(with(filmPage(), "Mar 2, 2012", "Nov 19, 2025"));
    CHECK(restored.year == 2011);
    CHECK(restored.released == std::chrono::year(2025) / 11 / 19);
}

TEST_CASE("a release that is no day is unknown, and the page is read all the same") {
    const auto text = GENERATE(as<std::string>(), "2012", "Mar 2012", "Mar 32, 2012", "Feb 30, 2012",
                               "Mar 0, 2012", "March 2, 2012", "2 Mar, 2012", "Mar 2,2012", "Mar 2, 12",
                               "Mar 2, 1869", "Mar 2, 2101", "Mar -2, 2012", "TBA", "");
    CAPTURE(text);
    const MovieFacts read = facts(with(filmPage(), "Mar 2, 2012", text));
    CHECK(read.released == std::nullopt);
    CHECK(read.criticScore == 74);
}

TEST_CASE("the consensus is plain text, and the critics'") {
    const std::string text =
        "<p>Slow &amp; sure, <em>The Long Quay</em> is &ldquo;a treat&rdquo; for R&B fans\n          – it’s "
        "fine.</p>";
    CHECK(facts(with(filmPage(), text, "<p>One<br>two</p>")).consensus == "One two");
    CHECK(facts(with(filmPage(), text, "<p> No consensus yet. </p>")).consensus == std::nullopt);
    CHECK(facts(with(filmPage(), text, "<p></p>")).consensus == std::nullopt);
    CHECK(facts(with(filmPage(), text, "<p>" + std::string(2001, 'x') + "</p>")).consensus == std::nullopt);
    CHECK(facts(with(filmPage(), text, "<p>" + std::string(2000, 'x') + "</p>")).consensus ==
          std::string(2000, 'x'));
    CHECK(facts(without(filmPage(), R"(<div id="critics-consensus")", "</div>")).consensus == std::nullopt);
}

TEST_CASE("a page that is not valid UTF-8 comes out valid") {
    const MovieFacts read = facts(with(filmPage(), "We liked", "W\xe9 liked\xff"));
    CHECK(read == filmFacts());
}

TEST_CASE("what stands in a template is no part of the page") {
    const auto name = GENERATE(as<std::string>(), "template", "noscript");
    const std::string inside =
        R"(<script id="where-to-watch-json" type="application/json">{"releaseYear":"1990","title":"X"}</script>)"
        R"(<div id="critics-consensus"><p>Another one.</p></div>)";
    CHECK(facts(with(filmPage(), "<hr />", "<" + name + ">" + inside + "</" + name + ">")) == filmFacts());
}

TEST_CASE("a page cut off is unreadable") {
    const std::string page = filmPage();
    CHECK(whyUnreadable(page.substr(0, page.size() / 2)) == "cut off: the page does not end");
    CHECK(whyUnreadable(without(page, "</html>", "")) == "cut off: the page does not end");
    CHECK(whyUnreadable(without(page, "</media-scorecard>", "")) == "cut off: the page does not end");
    CHECK(whyUnreadable("") == "an empty page");
    CHECK(facts(page + "<!-- served by 7 -->\n") == filmFacts());
    // A name in a comment or a script opens nothing.
    CHECK(facts(with(page, "<hr />",
                     "<!-- <media-scorecard> --><script>x = '<media-scorecard>';</script>")) == filmFacts());
}

TEST_CASE("a page of another kind is unreadable") {
    const std::string noCard = withoutScorecardElement(withoutScorecardJson(filmPage()));
    whyUnreadable(noCard);
    whyUnreadable(with(filmPage(), R"(https://www.rottentomatoes.com/m/the_long_quay" />)",
                       R"(https://www.rottentomatoes.com/m/the_long_quay/reviews" />)"));
    for (const std::string path : {"browse/movies_in_theaters", "celebrity/x", "tv/x/s01/reviews",
                                   "tv/x/season", "tv/x/s01/e02/cast", "m/", "m/a%20b", ""}) {
        CAPTURE(path);
        whyUnreadable(with(filmPage(), R"(.com/m/the_long_quay")", ".com/" + path + R"(")"));
    }
    whyUnreadable("<html><head><title>Access Denied</title></head><body>Reference #18.2</body></html>");
    whyUnreadable(with(withoutJsonLd(withoutMpscall(filmPage())), "video.movie", "website"));
    // The designs of 2018 and 2021, and JSON-LD alone, as after a redesign.
    whyUnreadable(
        with(noCard, "<hr />", R"(<score-board tomatometerscore="91" audiencescore="77"></score-board>)"));
    whyUnreadable(with(noCard, "<hr />", R"(<section class="mop-ratings-wrap"><span>91%</span></section>)"));
}

TEST_CASE("pages of series, seasons and episodes are read") {
    const auto path =
        GENERATE(as<std::string>(), "tv/the_long_quay", "tv/the_long_quay/s01", "tv/the_long_quay/s01/e02");
    std::string page = with(filmPage(), ".com/m/the_long_quay", ".com/" + path);
    page = with(page, R"("@type":"Movie")", R"("@type":"TVSeries")");
    MovieFacts right = filmFacts();
    right.page = path;
    CHECK(facts(page) == right);
}

TEST_CASE("a page may be as large as the fetcher lets through, and no larger") {
    std::string page = filmPage();
    page = with(page, "<hr />", "<!--" + std::string(4UL * 1024 * 1024 - page.size(), 'x') + "-->");
    CHECK(facts(page) == filmFacts());
    CHECK(whyUnreadable(with(page, "<!--", "<!--" + std::string(100'000, 'x'))) ==
          "longer than any page of the site");
}

TEST_CASE("the explanation shows a person every layer") {
    Explanation explanation;
    const Reading reading = readPage(filmPage(), &explanation);
    const std::string text = renderExplanation(reading, explanation);
    CHECK_THAT(text, Catch::Contains("year: 2011\n  * where-to-watch-json: 2011\n    media-hero-json: 2012\n "
                                     "   mpscall: Mar 2, 2012\n"));
    CHECK_THAT(text, Catch::Contains("released: 2012-03-02\n  * mpscall: Mar 2, 2012\n"));
    CHECK_THAT(
        text,
        Catch::Contains(
            "criticScore: 74\n  * media-scorecard-json: 74\n    media-scorecard: 74%\n    json-ld: 74\n"));
}
