#include <catch2/catch.hpp>

#include "film_page.h"
#include "reading.h"

using namespace rtbatch;
using namespace rtbatch::test;

TEST_CASE("the scorecard element stands in for the JSON, and the JSON for the element") {
    const std::string element = withoutScorecardJson(filmPage());
    CHECK(facts(element) == filmFacts());
    CHECK(layerOf(element, "criticScore") == "media-scorecard");
    CHECK(facts(withoutScorecardElement(filmPage())) == filmFacts());
}

TEST_CASE("the element's slot names of early 2024 are known") {
    std::string page = withoutScorecardJson(filmPage());
    page = with(page, R"(slot="critics-score" context)", R"(slot="criticsScore" context)");
    page = with(page, R"(slot="audience-score" context)", R"(slot="audienceScore" context)");
    CHECK(facts(page) == filmFacts());
}

TEST_CASE(
    "hiding is understood however it is written, and what is neither yes nor no makes the page unreadable") {
    const std::string json = R"("hideAudienceScore":false)";
    const auto yes = GENERATE(as<std::string>(), "true", R"("true")", R"("TRUE")", R"(" true ")", "1",
                              R"("1")", R"("yes")");
    CHECK(facts(with(filmPage(), json, R"("hideAudienceScore":)" + yes)).audienceScore == std::nullopt);
    const auto no = GENERATE(as<std::string>(), "null", R"("false")", R"("")", "0", R"("0")", R"("No")");
    CHECK(facts(with(filmPage(), json, R"("hideAudienceScore":)" + no)).audienceScore == 61);
    const auto neither = GENERATE(as<std::string>(), "2", R"("maybe")", "{}", "[true]", "0.5");
    whyUnreadable(with(filmPage(), json, R"("hideAudienceScore":)" + neither));
}

TEST_CASE("the element hides by an attribute that need not have a value") {
    const std::string page = withoutScorecardJson(filmPage());
    const std::string shown = R"(hide-audience-score="false")";
    const auto hidden = GENERATE(as<std::string>(), "hide-audience-score", R"(hide-audience-score="")",
                                 R"(hide-audience-score="true")", R"(hideaudiencescore="TRUE")",
                                 R"(hide-audience-score="hide-audience-score")");
    CHECK(facts(with(page, shown, hidden)).audienceScore == std::nullopt);
    CHECK(facts(with(page, shown, "")).audienceScore == 61);
    // Against a JSON that shows the score it may be damage; a JSON that does not speak contradicts nothing.
    whyUnreadable(with(filmPage(), shown, hidden));
    CHECK(
        facts(without(with(filmPage(), shown, hidden), R"("hideAudienceScore":false,)", "")).audienceScore ==
        std::nullopt);
}

TEST_CASE("an audience's score that the site hides is not told") {
    CHECK(facts(with(filmPage(), R"("hideAudienceScore":false)", R"("hideAudienceScore":true)"))
              .audienceScore == std::nullopt);
}

TEST_CASE("a second scorecard that differs makes the page unreadable") {
    const std::string page = filmPage();
    const std::size_t at = page.find("<media-scorecard-manager>");
    const std::string block = page.substr(at, page.find("</media-scorecard-manager>") - at + 26);
    CHECK(facts(with(page, "<hr />", block)) == filmFacts());
    whyUnreadable(with(page, "<hr />", with(block, R"("61")", R"("62")")));
}

TEST_CASE("a scorecard's JSON is found by its shape when its id is another") {
    const std::string page = with(filmPage(), R"(id="media-scorecard-json")", R"(id="scorecard-json")");
    CHECK(facts(page) == filmFacts());
    CHECK(layerOf(page, "criticScore") == "media-scorecard-json");
    CHECK(facts(withoutScorecardElement(page)) == filmFacts());
    // Also inside another object; not in a list, which is of other films.
    const std::string nested = with(with(page, R"({"audienceScore":{)", R"({"props":{"audienceScore":{)"),
                                    R"("mediaType":"Movie"}})", R"("mediaType":"Movie"}}})");
    CHECK(facts(withoutScorecardElement(nested)) == filmFacts());
    const std::string listed = with(with(page, R"({"audienceScore":{)", R"({"all":[{"audienceScore":{)"),
                                    R"("mediaType":"Movie"}})", R"("mediaType":"Movie"}}]})");
    whyUnreadable(withoutScorecardElement(listed));
}

TEST_CASE("of several scorecard elements only one with a witness is believed") {
    const std::string other =
        R"(<div><media-scorecard><score-icon-critics certified="false"></score-icon-critics>)"
        R"(<rt-text slot="critics-score">41%</rt-text><rt-text slot="audience-score">42%</rt-text></media-scorecard></div>)";
    const std::string skeleton = with(with(other, "41%", "--"), "42%", "--");
    const auto card = GENERATE_COPY(other, skeleton);
    const auto place = GENERATE(as<std::string>(), "<media-hero ", "<hr />");
    const std::string page = with(filmPage(), place, card + place);
    CAPTURE(card, place);
    // The JSON, by its id or by its shape; then the critics' score of JSON-LD.
    CHECK(facts(page) == filmFacts());
    CHECK(facts(with(page, R"(id="media-scorecard-json")", R"(id="x")")) == filmFacts());
    CHECK(facts(withoutScorecardJson(page)) == filmFacts());
    const std::string noWitness = withoutScorecardJson(without(page, R"("aggregateRating":{)", "},"));
    CHECK_THAT(whyUnreadable(noWitness), Catch::Contains("nothing says which is the film's"));
    CHECK_THAT(whyUnreadable(with(noWitness, card, "")),
               Catch::Contains("nothing else on the page confirms it"));
    if (card == other) {  // two with the critics' score of the witness
        whyUnreadable(withoutScorecardJson(with(page, "41%", "74%")));
    }
}

TEST_CASE("a scorecard in a template is none") {
    const auto name = GENERATE(as<std::string>(), "template", "noscript");
    const std::string skeleton = "<" + name +
                                 "><media-scorecard><rt-text slot=\"critics-score\">--</rt-text>"
                                 "<rt-text slot=\"audience-score\">--</rt-text></media-scorecard></" +
                                 name + ">";
    const std::string page = withoutScorecardJson(filmPage());
    CHECK(facts(with(page, "<media-hero ", skeleton + "<media-hero ")) == filmFacts());
    CHECK(facts(with(page, "<hr />", skeleton)) == filmFacts());
    whyUnreadable(with(withoutScorecardElement(page), "<hr />", skeleton));
}

TEST_CASE("an empty scorecard says nothing without the JSON that says the same") {
    const std::string page = withoutScorecardJson(without(filmPage(), R"("aggregateRating":{)", "},"));
    const auto empty = GENERATE(as<std::string>(), "", "--", " - ");
    whyUnreadable(with(page, R"(role="button">74%<)", R"(role="button">)" + empty + "<"));
    whyUnreadable(with(page, R"(role="button">61%<)", R"(role="button">)" + empty + "<"));
}

TEST_CASE("a scorecard without scores and counts is a skeleton") {
    const std::string page = withoutScorecardElement(without(filmPage(), R"("aggregateRating":{)", "},"));
    const auto empty = GENERATE(as<std::string>(), "{}", R"({"title":"Tomatometer"})", R"({"score":null})");
    const std::string skeleton = R"({"audienceScore":)" + empty + R"(,"criticsScore":)" + empty + "}";
    whyUnreadable(with(without(page, R"({"audienceScore":{)", R"("mediaType":"Movie"}})"),
                       "type=\"application/json\"\n        >", "type=\"application/json\">" + skeleton));
}

TEST_CASE("a score that moved or was renamed makes the page unreadable, not a film without a score") {
    const std::string page = withoutScorecardElement(without(filmPage(), R"("aggregateRating":{)", "},"));
    const std::string critics = R"("score":"74","sentiment":"POSITIVE","scorePercent":"74%",)";
    const auto instead = GENERATE(as<std::string>(), R"("all":{"score":"74"},)",
                                  R"("all":[{"deep":{"score":74}}],)", R"("value":"74",)",
                                  R"("tomatometer":"74%",)", R"("scoreValue":74,)", R"("Score":"74",)", "");
    CAPTURE(instead);
    whyUnreadable(with(page, critics, instead));
    // The same for the audience's.
    const std::string audience = R"("score":"61","scoreType":"VERIFIED","sentiment":"POSITIVE",)";
    const std::string moved =
        without(with(page, audience, R"("scoreType":"VERIFIED",)"), R"("scorePercent":"61%",)", "");
    whyUnreadable(with(moved, R"("scoreType":"VERIFIED",)", R"("scoreType":"VERIFIED",)" + instead));
}

TEST_CASE("a scorecard that is not JSON makes the page unreadable") {
    whyUnreadable(with(filmPage(), R"({"audienceScore":{)", R"({"audienceScore":{{)"));
    whyUnreadable(with(filmPage(), R"({"audienceScore":{)",
                       R"({"deep":)" + std::string(5000, '[') + R"(,"audienceScore":{)"));
    whyUnreadable(with(filmPage(), R"("criticsScore":)", R"("criticScore":)"));
}
