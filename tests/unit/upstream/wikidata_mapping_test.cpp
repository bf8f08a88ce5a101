#include "common/upstream/wikidata_mapping.h"

#include <stdexcept>

#include "common/upstream/list_page_client.h"
#include "common/upstream/request_fault.h"
#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;
using Catch::Matchers::Contains;

namespace {

const MappingPlace kFilms{"m/", "m0", 3};

ImdbId imdb(const std::string& text) {
    return ImdbId::parse(text).value();
}

RtId rt(const std::string& text) {
    return RtId::parse(text).value();
}

std::string cell(const std::string& name, const std::string& value) {
    return "\"" + name + R"(":{"type":"literal","value":")" + value + "\"}";
}

/// A row of a page; an item without an IMDb id for an empty one.
std::string row(const std::string& id, const std::string& value) {
    return "{" + (id.empty() ? "" : cell("imdb", id) + ",") + cell("rt", value) + "}";
}

std::string pageOf(const std::string& rows) {
    return R"({"head":{"vars":["imdb","rt"]},"results":{"bindings":[)" + rows + "]}}";
}

std::string movieRow(const std::string& wanted, const std::string& id, const std::string& value) {
    return "{" + cell("wanted", wanted) + "," + cell("imdb", id) + "," + cell("rt", value) + "}";
}

std::string moviesOf(const std::string& rows) {
    return R"({"head":{"vars":["wanted","imdb","rt"]},"results":{"bindings":[)" + rows + "]}}";
}

}  // namespace

TEST_CASE("a page of the mapping is asked for in plain SPARQL, from a place on") {
    CHECK(
        mappingQuery({"m/heat", "m0", 5000}) ==
        R"(SELECT ?imdb ?rt WHERE { { SELECT DISTINCT ?rt WHERE { ?some wdt:P1258 ?rt . FILTER(STR(?rt) > "m/heat" && STR(?rt) < "m0") } ORDER BY STR(?rt) LIMIT 5000 } ?item wdt:P1258 ?rt . OPTIONAL { ?item wdt:P345 ?imdb } })");
}

TEST_CASE("a value that anybody wrote into the wiki stays a value in the next query") {
    CHECK_THAT(mappingQuery({"m/a\"b\\c\r\nd\xC3\xA9", "m0", 1}),
               Contains(R"(STR(?rt) > "m/a\"b\\c\u000D\u000Ad)"
                        "\xC3\xA9\" &&"));
}

TEST_CASE("a page says what it has, how many values those are, and which is the last") {
    const auto page = readMappingPage(pageOf(row("tt0113277", "m/heat") + "," + row("tt0000002", "m/b") +
                                             "," + row("", "m/no_film") + "," + row("tt0000003", "m/b")),
                                      kFilms);
    CHECK(page.values == 3);
    CHECK(page.last == "m/no_film");
    CHECK(page.full(kFilms));
    CHECK(page.ids == std::map<ImdbId, RtId>{{imdb("tt0113277"), rt("m/heat")},
                                             {imdb("tt0000002"), rt("m/b")},
                                             {imdb("tt0000003"), rt("m/b")}});
}

TEST_CASE("a page with fewer values than were asked for is the last, however many rows it has") {
    const auto page = readMappingPage(
        pageOf(row("tt0000001", "m/a") + "," + row("tt0000002", "m/a") + "," + row("tt0000003", "m/a")),
        kFilms);
    CHECK(page.values == 1);
    CHECK_FALSE(page.full(kFilms));
    const auto none = readMappingPage(pageOf(""), kFilms);
    CHECK(none.values == 0);
    CHECK(none.last.empty());
    CHECK_FALSE(none.full(kFilms));
}

TEST_CASE(
    "of several values of a page the first in order of bytes is a film's, in whatever order they come") {
    const auto page =
        readMappingPage(pageOf(row("tt0000001", "m/b") + "," + row("tt0000001", "m/Z")), kFilms);
    CHECK(page.ids.at(imdb("tt0000001")) == rt("m/Z"));
}

TEST_CASE("what would not be asked for is passed over, and still counts for the page") {
    const auto page =
        readMappingPage(pageOf(row("tt0000001", "m/../admin") + "," + row("nm0000199", "m/al_pacino") + "," +
                               row("tt0000001", "m/caf\xC3\xA9 noir")),
                        kFilms);
    CHECK(page.ids.empty());
    CHECK(page.values == 3);
    CHECK(page.last == "m/caf\xC3\xA9 noir");
}

TEST_CASE("a reply that is cut, or answers something else, is never taken for the end of the mapping") {
    const std::string whole = pageOf(row("tt0113277", "m/heat"));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_THROWS_AS(readMappingPage(whole.substr(0, length), kFilms), RequestFault);
    }
    for (const std::string& json :
         {pageOf(row("tt0113277", "m/")), pageOf(row("tt0113277", "m0")), pageOf(row("tt0113277", "tv/dark")),
          pageOf(row("tt0000001", "m/a") + "," + row("tt0000002", "m/b") + "," + row("tt0000003", "m/c") +
                 "," + row("tt0000004", "m/d")),
          pageOf(R"({"imdb":{"value":"tt0113277"}})"), pageOf(R"({"imdb":7,"rt":{"value":"m/heat"}})"),
          pageOf("7"), std::string(R"({"head":{"vars":["imdb"]},"results":{"bindings":[]}})"),
          whole + "\n\tat java.lang.Thread.run"}) {
        CAPTURE(json);
        CHECK_THROWS_AS(readMappingPage(json, kFilms), RequestFault);
    }
}

TEST_CASE("films are looked for by Rotten Tomatoes ids with one query") {
    CHECK(
        moviesQuery(std::vector{rt("m/heat"), rt("tv/dark")}) ==
        R"(SELECT ?wanted ?imdb ?rt WHERE { VALUES ?wanted { "m/heat" "tv/dark" } ?item wdt:P1258 ?wanted ; wdt:P345 ?imdb ; wdt:P1258 ?rt . })");
}

TEST_CASE("a film that is found by one id has the one that is preferred of all of its own") {
    const std::vector wanted{rt("tv/x"), rt("m/none")};
    const auto movies = readMovies(
        moviesOf(movieRow("tv/x", "tt0000001", "tv/x") + "," + movieRow("tv/x", "tt0000001", "m/b") + "," +
                 movieRow("tv/x", "tt0000001", "m/a") + "," + movieRow("tv/x", "tt0000002", "tv/x") + "," +
                 movieRow("tv/x", "nm0000002", "tv/x")),
        wanted);
    REQUIRE(movies.size() == 1);
    CHECK(movies.at(rt("tv/x")) ==
          std::map<ImdbId, RtId>{{imdb("tt0000001"), rt("m/a")}, {imdb("tt0000002"), rt("tv/x")}});
    CHECK_THROWS_AS(readMovies(moviesOf(movieRow("m/other", "tt0000001", "m/other")), wanted), RequestFault);
    CHECK_THROWS_AS(readMovies(pageOf(""), wanted), RequestFault);
    CHECK(readMovies(moviesOf(""), wanted).empty());
}

TEST_CASE("both ways are one GET, and what comes instead of an answer is a failure") {
    const RawServer server(answering(ok(pageOf(row("tt0113277", "m/heat")))));
    WikidataMapping mapping(optionsFor(server.url("/sparql")));
    const auto page = mapping.page(kFilms, ample());
    REQUIRE(std::holds_alternative<MappingPage>(page));
    CHECK(std::get<MappingPage>(page).ids.size() == 1);
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests().at(0).starts_with("GET /sparql?query=SELECT%20%3Fimdb%20%3Frt%20WHERE"));
    const auto movies = mapping.moviesOf(std::vector{rt("m/heat")}, ample());
    CHECK(
        failureIn(movies).message ==
        "Wikidata sent a reply that cannot be read: it is not a SPARQL result of ?wanted and ?imdb and ?rt");
    CHECK(std::get<MoviesOfRtIds>(mapping.moviesOf({}, ample())).empty());
    CHECK_THROWS_AS(mapping.moviesOf(std::vector(51, rt("m/heat")), ample()), std::invalid_argument);
}

TEST_CASE("a list page comes whole or not at all") {
    const auto fetch = [](const std::string& bytes) {
        const RawServer server(answeringOnce(bytes));
        ListPageClient client(optionsFor(server.url()));
        auto result = client.fetch("/browse/movies?x=1", ample());
        CHECK(server.requests().at(0).starts_with("GET /browse/movies?x=1 HTTP/1.1"));
        return result;
    };
    CHECK(std::get<std::string>(fetch(ok("<html></html>"))) == "<html></html>");
    CHECK(kindOf(fetch("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html><a href='/m/heat'>")) ==
          Kind::broken);
    CHECK(kindOf(fetch("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) == Kind::gone);
    CHECK(kindOf(fetch("HTTP/1.1 429 Wait\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n")) ==
          Kind::throttled);
}

}  // namespace rtbatch::test
