#include <catch2/catch.hpp>

#include "common/page/reading_json.h"
#include "common/page/text.h"
#include "film_page.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono;

namespace {

bool isUnreadable(const std::string& line) {
    return std::holds_alternative<Unreadable>(parseReading(line));
}

}  // namespace

TEST_CASE("an answer is one line of ASCII and comes back the same") {
    Explanation explanation;
    explanation.lines.push_back({.fact = "title", .layer = "json-ld", .said = "x", .used = true});
    const std::string line = renderReading(filmFacts(), explanation);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c > 0; }));
    CHECK_THAT(line, Catch::Contains(R"("from":{"title":"json-ld"})"));
    CHECK(std::get<MovieFacts>(parseReading(line)) == filmFacts());

    const MovieFacts bare{.title = "\u2028 \U0001F345"};
    CHECK(std::get<MovieFacts>(parseReading(renderReading(bare, {}))) == bare);
    CHECK(std::get<Unreadable>(parseReading(renderReading(Unreadable{"because"}, {}))).reason == "because");
}

TEST_CASE("an answer names the layers that were missing or broken, and only those that there are") {
    Explanation explanation;
    explanation.without = {"json-ld", "head"};
    const std::vector<Layer> expected{Layer::jsonLd, Layer::head};
    CHECK(layersWithout(renderReading(filmFacts(), explanation)) == expected);
    CHECK(layersWithout(renderReading(Unreadable{"because"}, explanation)) == expected);
    CHECK(layersWithout(renderReading(filmFacts(), {})).empty());
    for (const std::string none : {"", "{}", "[]", R"({"without":7})", R"({"without":["x",7,null]})"}) {
        CHECK(layersWithout(none).empty());
    }
}

TEST_CASE("an answer that is no answer is unreadable") {
    const std::string good =
        R"({"title":"T","year":2000,"criticScore":1,"audienceScore":null,"certified":false,"consensus":null,"released":"2024-02-29","page":null})";
    CHECK_FALSE(isUnreadable(good));
    CHECK(isUnreadable(""));
    CHECK(isUnreadable("{}"));
    CHECK(isUnreadable("[]"));
    CHECK(isUnreadable("null"));
    CHECK(isUnreadable(good.substr(0, 40)));
    CHECK(isUnreadable(with(good, R"("T")", R"("")")));
    CHECK(isUnreadable(with(good, R"("T")", R"(")" + std::string(301, 'x') + R"(")")));
    CHECK(isUnreadable(with(good, "2000", "1")));
    CHECK(isUnreadable(with(good, R"("criticScore":1)", R"("criticScore":101)")));
    CHECK(isUnreadable(with(good, R"("criticScore":1)", R"("criticScore":99999999999999999999)")));
    CHECK(isUnreadable(with(good, R"("criticScore":1,)", "")));
    CHECK(isUnreadable(with(good, "false", "0")));
    CHECK(isUnreadable(with(good, R"("consensus":null)", R"("consensus":7)")));
}

TEST_CASE("a release that is no day of a film is no answer") {
    const std::string good =
        R"({"title":"T","year":2000,"criticScore":1,"audienceScore":null,"certified":false,"consensus":null,"released":"2024-02-29","page":null})";
    const std::string day = R"("2024-02-29")";
    CHECK(std::get<MovieFacts>(parseReading(good)).released == sys_days(year(2024) / 2 / 29));
    CHECK(std::get<MovieFacts>(parseReading(with(good, day, "null"))).released == std::nullopt);
    const auto text = GENERATE(as<std::string>(), R"("2023-02-29")", R"("1869-12-31")", R"("2101-01-01")",
                               R"("2024-13-01")", R"("2024-00-10")", R"("2024-2-29")", R"("2024-02-29T")",
                               R"("Feb 29, 2024")", R"("")", "20240229");
    CAPTURE(text);
    CHECK(isUnreadable(with(good, day, text)));
    CHECK(isUnreadable(with(good, R"(,"released":"2024-02-29")", "")));
}

TEST_CASE("an address that no page of a film has is no answer") {
    const std::string good =
        R"({"title":"T","year":2000,"criticScore":1,"audienceScore":null,"certified":false,"consensus":null,"released":null,"page":"m/heat"})";
    const std::string page = R"("m/heat")";
    CHECK(std::get<MovieFacts>(parseReading(good)).page == "m/heat");
    CHECK(std::get<MovieFacts>(parseReading(with(good, page, "null"))).page == std::nullopt);
    CHECK(std::get<MovieFacts>(parseReading(with(good, page, R"("tv/dark/s01/e06")"))).page ==
          "tv/dark/s01/e06");
    const auto text = GENERATE(as<std::string>(), R"("")", R"("heat")", R"("/m/heat")", R"("m/heat/reviews")",
                               R"("m/h eat")", R"("m/../x")", R"("tv/dark/extras")", "7", "{}", "false");
    CAPTURE(text);
    CHECK(isUnreadable(with(good, page, text)));
    CHECK(isUnreadable(with(good, R"(,"page":"m/heat")", "")));
}

TEST_CASE("broken UTF-8 becomes valid, valid stays") {
    CHECK(toValidUtf8("é – 🍅") == "é – 🍅");
    CHECK(toValidUtf8("a\xff"
                      "b") ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(toValidUtf8("\xC3") == "\xEF\xBF\xBD");
    CHECK(toValidUtf8("\xE2\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(toValidUtf8("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
    CHECK(toValidUtf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
    CHECK(toValidUtf8(std::string_view("a\0b", 3)) ==
          "a\xEF\xBF\xBD"
          "b");
}

TEST_CASE("white space folds to single spaces") {
    CHECK(foldWhiteSpace(" \t a\n\n b\xC2\xA0\xC2\xA0"
                         "c\r\n") == "a b c");
    CHECK(foldWhiteSpace(" \n ").empty());
}

TEST_CASE("a trailing year is four digits in parentheses after a title") {
    CHECK(trailingYear("Arrival (2016)") == 2016);
    CHECK(withoutTrailingYear("Arrival (2016)") == "Arrival");
    CHECK(trailingYear("(2016)") == std::nullopt);
    CHECK(trailingYear("Arrival(2016)") == std::nullopt);
    CHECK(trailingYear("Arrival (216)") == std::nullopt);
    CHECK(trailingYear("Arrival (20x6)") == std::nullopt);
    CHECK(withoutTrailingYear("2046") == "2046");
}
