#include "tests/upstreams/mapping.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/upstreams/list_pages.h"
#include "tests/upstreams/raw_client.h"
#include "tests/upstreams/standin.h"

using namespace rtbatch::standin;
using Catch::Matchers::Contains;

namespace {

std::string ask(const Standin& standin, const std::string& query) {
    const RawReply reply =
        get(standin.wikidataUrl(), "/sparql?query=" + percentEncode(query) + "&format=json",
            "User-Agent: rtbatch/0.0.0\r\n");
    CHECK(reply.status() == 200);
    std::string dense;
    for (const char c : reply.body) {
        dense += c == ' ' || c == '\n' ? std::string() : std::string(1, c);
    }
    return dense;
}

std::string page(const Standin& standin, const std::string& after, const std::string& end, int limit) {
    return ask(standin,
               "SELECT ?i ?v WHERE { { SELECT DISTINCT ?v WHERE { ?s wdt:P1258 ?v . FILTER(STR(?v) > \"" +
                   after + "\" && STR(?v) < \"" + end + "\") } ORDER BY STR(?v) LIMIT " +
                   std::to_string(limit) + " } ?f wdt:P1258 ?v . OPTIONAL { ?f wdt:P345 ?i } }");
}

std::string row(const std::string& imdbId, const std::string& value) {
    const auto cell = [](const std::string& name, const std::string& text) {
        return "\"" + name + R"(":{"type":"literal","value":")" + text + "\"}";
    };
    return "{" + (imdbId.empty() ? "" : cell("i", imdbId) + ",") + cell("v", value) + "}";
}

}  // namespace

TEST_CASE("the mapping comes in pages of so many values, those included that are no film's") {
    const Standin standin({.mappedFilms = 1000});
    CHECK_THAT(page(standin, "m/standin_9000504", "m0", 4),
               Contains("\"bindings\":[" + row("tt9000505", "m/standin_9000505") + "," +
                        row("tt9000505", "m/standin_9000505_b") + "," + row("", "m/standin_9000505_x") + "," +
                        row("tt9000506", "m/standin_9000506") + "]"));
    CHECK_THAT(page(standin, "m/standin_9001009", "m0", 4), Contains(row("tt8999909", "m/standin_gone")));
    CHECK_THAT(page(standin, "tv/", "tv0", 9),
               Contains(row("tt0903747", "tv/breaking_bad") + "," + row("tt8999905", "tv/breaking_bad")));
}

TEST_CASE("a test sets how many generated films are in the mapping") {
    const Standin standin;
    CHECK_THAT(page(standin, "m/standin_9", "m/standin_a", 4), Contains("\"bindings\":[]"));
    control(standin.rtUrl(), "PUT", "mapping", R"({"ids":200000})");
    CHECK_THAT(page(standin, "m/standin_9202017", "m/standin_a", 4),
               Contains("\"bindings\":[" + row("tt9202018", "m/standin_9202018") + "," +
                        row("tt9202019", "m/standin_9202019") + "]"));
    control(standin.rtUrl(), "POST", "reset");
    CHECK_THAT(page(standin, "m/standin_9", "m/standin_a", 4), Contains("\"bindings\":[]"));
    CHECK_THROWS(control(standin.rtUrl(), "PUT", "mapping", R"({"ids":990001})"));
}

TEST_CASE("Wikidata finds films by a Rotten Tomatoes id, with all other ids of theirs") {
    const Standin standin;
    const std::string reply = ask(
        standin,
        R"(SELECT ?w ?i ?v WHERE { VALUES ?w { "tv/breaking_bad" "m/none" "m/standin_9000001" } ?f wdt:P1258 ?w ; wdt:P345 ?i ; wdt:P1258 ?v . })");
    CHECK_THAT(reply, Contains(R"("vars":["w","i","v"])"));
    CHECK_THAT(reply, Contains(R"({"w":{"type":"literal","value":"tv/breaking_bad"},"i":{"type":"literal",)"
                               R"("value":"tt8999905"},"v":{"type":"literal","value":"m/heat"}})"));
    CHECK_THAT(reply, Contains(R"("value":"tt9000001")") && !Contains("m/none"));
}

TEST_CASE("the rt port has a browse page and an editorial guide") {
    const Standin standin;
    const RawReply browse = get(standin.rtUrl(), std::string(kBrowsePage));
    CHECK(browse.status() == 200);
    CHECK_THAT(browse.body, Contains("href=\"/m/heat\"") && Contains("<main"));
    const RawReply guide = get(standin.rtUrl(), std::string(kGuidePage));
    CHECK(guide.status() == 200);
    CHECK_THAT(guide.body, Contains("href=\"https://www.rottentomatoes.com/m/heat\"") && !Contains("<main"));
    CHECK(get(standin.rtUrl(), "/guide/essential-films").status() == 301);
    CHECK(get(standin.rtUrl(), "/browse/movies_coming_soon").status() == 404);
}
