#include <catch2/catch.hpp>

#include "common/model/facts.h"
#include "common/model/imdb_id.h"
#include "common/model/json_text.h"
#include "common/model/rt_id.h"
#include "common/model/timestamp.h"

using namespace rtbatch;

namespace {

std::string json(std::string_view text) {
    std::string out;
    appendJsonString(out, text);
    return out;
}

}  // namespace

TEST_CASE("an IMDb id has tt and seven or eight digits, in either case") {
    CHECK(ImdbId::parse("tt0468569")->text() == "tt0468569");
    CHECK(ImdbId::parse("tt0000001")->text() == "tt0000001");
    CHECK(ImdbId::parse("TT12345678")->text() == "tt12345678");
    CHECK(ImdbId::parse("Tt0468569") == ImdbId::parse("tT0468569"));
    for (const auto* bad : {"", "tt", "tt123456", "tt123456789", "nm0000151", "tt04685a9", " tt0468569",
                            "tt01234567", "tt0468569 ", "tt-468569", "tt046856\xd9"}) {
        CHECK_FALSE(ImdbId::parse(bad));
    }
}

TEST_CASE("a Rotten Tomatoes id is a film's or a series' path of harmless characters") {
    for (const auto* good :
         {"m/heat", "m/1033707-heat", "tv/the_traitors", "tv/dark/s01", "tv/dark/s01/e06", "m/A-b_9"}) {
        CHECK(RtId::parse(good)->text() == good);
    }
    CHECK(RtId::parse("m/Heat")->isSamePage(*RtId::parse("m/heat")));
    CHECK_FALSE(RtId::parse("m/heat")->isSamePage(*RtId::parse("m/heat_2")));
    CHECK(RtId::parse("m/heat")->url() == "https://www.rottentomatoes.com/m/heat");
    for (const auto* bad : {"",
                            "m/",
                            "tv/",
                            "celebrity/al_pacino",
                            "m/heat/",
                            "m//x",
                            "m/../admin",
                            "m/a b",
                            "m/heat?x=1",
                            "m/heat#x",
                            "m/a\r\nHost: x",
                            "/m/heat",
                            "m/a%2e",
                            "tv/a/b/c",
                            "tv/a/s01/e02/x",
                            "tv/a/s01/",
                            "tv/a/s01/06",
                            "tv/a/x/e06",
                            "tv//s01/e01",
                            "tv//s01",
                            "https://elsewhere.example/m/heat",
                            "m/caf\xc3\xa9"}) {
        CHECK_FALSE(RtId::parse(bad));
    }
    CHECK_FALSE(RtId::parse("m/" + std::string(201, 'a')));
}

TEST_CASE("JSON strings are ASCII whatever the text holds") {
    CHECK(json("plain /path \"q\" \\") == R"("plain /path \"q\" \\")");
    CHECK(json("\n\t\x01\x7f") == R"("\n\u0009\u0001\u007f")");
    CHECK(json("P\xc3\xa9rez") == R"("P\u00e9rez")");
    CHECK(json("a\xe2\x80\xa8z") == R"("a\u2028z")");
    CHECK(json("\xf0\x9f\x98\x80") == R"("\ud83d\ude00")");
    CHECK(json(std::string_view("\0", 1)) == R"("\u0000")");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
    CHECK(json("\xff|") == R"("\ufffd|")");
    CHECK(json("\xc3|") == R"("\ufffd|")");
    CHECK(json("\xe2\x80") == R"("\ufffd\ufffd")");
    CHECK(json("\xc0\xaf|") == R"("\ufffd\ufffd|")");                      // overlong
    CHECK(json("\xed\xa0\x80|") == R"("\ufffd\ufffd\ufffd|")");            // a surrogate
    CHECK(json("\xf4\x90\x80\x80|") == R"("\ufffd\ufffd\ufffd\ufffd|")");  // past U+10FFFF
}

TEST_CASE("facts are rendered in the order of the wire, with nulls for the unknown") {
    const RtId id = *RtId::parse("m/heat");
    CHECK(renderFacts(id, {.title = "Heat"}) ==
          R"({"rtUrl":"https://www.rottentomatoes.com/m/heat","title":"Heat","year":null,"criticScore":null,)"
          R"("audienceScore":null,"criticRating":null,"audienceRating":null,"consensus":null})");
    CHECK(
        renderFacts(id, {.title = "Heat",
                         .year = 1995,
                         .criticScore = 84,
                         .audienceScore = 94,
                         .certified = true,
                         .consensus = "Al & Bob"}) ==
        R"({"rtUrl":"https://www.rottentomatoes.com/m/heat","title":"Heat","year":1995,"criticScore":84,)"
        R"("audienceScore":94,"criticRating":"certified_fresh","audienceRating":"upright","consensus":"Al & Bob"})");
}

TEST_CASE("ratings follow the score, but certified is what the page says") {
    const RtId id = *RtId::parse("m/x");
    const auto rendered = [&](int critics, bool certified, int audience) {
        return renderFacts(
            id, {.title = "X", .criticScore = critics, .audienceScore = audience, .certified = certified});
    };
    CHECK_THAT(rendered(100, false, 60), Catch::Contains(R"("fresh","audienceRating":"upright")"));
    CHECK_THAT(rendered(60, false, 59), Catch::Contains(R"("fresh","audienceRating":"spilled")"));
    CHECK_THAT(rendered(59, false, 0), Catch::Contains(R"("rotten","audienceRating":"spilled")"));
    CHECK_THAT(rendered(70, true, 0),
               Catch::Contains(R"("audienceScore":0,"criticRating":"certified_fresh")"));
    CHECK_THAT(rendered(0, false, 0), Catch::Contains(R"("criticScore":0)"));
}

TEST_CASE("times are written as RFC 3339 in UTC") {
    CHECK(toRfc3339(fromMillis(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(toRfc3339(fromMillis(1769851800007)) == "2026-01-31T09:30:00.007Z");
    CHECK(toRfc3339(fromMillis(4102444799999)) == "2099-12-31T23:59:59.999Z");
}

TEST_CASE("rendered facts are known from what somebody has made of them") {
    const RtId page = *RtId::parse("m/heat");
    MovieFacts facts{
        .title = "He said \"Heat\"\n\xe2\x80\xa8", .year = 1995, .criticScore = 0, .audienceScore = 100};
    CHECK(isRenderedFacts(renderFacts(page, facts), "m/heat"));
    CHECK(isRenderedFacts(renderFacts(page, {.title = "x"}), "m/heat"));
    facts.certified = true;
    facts.consensus = "Good \\ long";
    const std::string good = renderFacts(page, facts);
    CHECK(isRenderedFacts(good, "m/heat"));
    CHECK(isRenderedFacts(good, ""));
    CHECK_FALSE(isRenderedFacts(good, "m/hea"));
    CHECK_FALSE(isRenderedFacts(good, "m/heat_2"));
    CHECK_FALSE(isRenderedFacts(good, "heat"));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(isRenderedFacts(good.substr(0, size), "m/heat"));
    }
    const auto with = [&](const std::string& old, const std::string& changed) {
        std::string text = good;
        REQUIRE(text.find(old) != std::string::npos);
        return text.replace(text.find(old), old.size(), changed);
    };
    for (const auto& [old, changed] : std::vector<std::pair<std::string, std::string>>{
             {"{", ""},
             {"}", "}}"},
             {"}", ",\"more\":1}"},
             {",\"year\":1995", ""},
             {"1995", "\"1995\""},
             {"1995", "19950"},
             {"1995", "01995"},
             {"1995", "-1"},
             {"1995", ""},
             {":100", ":101"},
             {":100", ":null"},
             {"\"certified_fresh\"", "null"},
             {"certified_fresh", "splendid"},
             {"upright", "upright\n"},
             {"Good", "Go\nod"},
             {"Good", "G\xc3\xb6od"},
             {"\\\\", "\\x"},
             {"\\\\", "\\u00g0"},
             {"\"Good \\\\ long\"", "undefined"},
             {"https", "http"},
         }) {
        INFO(with(old, changed));
        CHECK_FALSE(isRenderedFacts(with(old, changed), "m/heat"));
    }
}
