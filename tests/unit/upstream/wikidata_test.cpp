#include <stdexcept>

#include "common/upstream/request_fault.h"
#include "common/upstream/sparql.h"
#include "common/upstream/wikidata_client.h"
#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

namespace {

ImdbId imdb(const std::string& text) {
    return ImdbId::parse(text).value();
}

const std::vector<ImdbId> kHeatAndUnknown{imdb("tt0113277"), imdb("tt9999999")};

std::string row(const std::string& id, const std::string& rtId) {
    return R"({"imdb":{"type":"literal","value":")" + id + R"("},"rt":{"type":"literal","value":")" + rtId +
           "\"}}";
}

std::string reply(const std::string& rows) {
    return R"({"head":{"vars":["imdb","rt"]},"results":{"bindings":[)" + rows + "]}}";
}

/// The answer for tt0113277 in a reply of `rows`.
IdAnswer wholeAnswerTo(const std::string& rows) {
    return readRtIds(reply(rows), kHeatAndUnknown).at(kHeatAndUnknown[0]);
}

/// The first of it; empty when there is none.
std::string answerTo(const std::string& rows) {
    const IdAnswer answer = wholeAnswerTo(rows);
    return answer.rtIds.empty() ? "" : answer.rtIds.front().text();
}

std::variant<IdAnswers, UpstreamFailure> resolve(const std::string& bytes) {
    const RawServer server(answering(bytes));
    WikidataClient client(optionsFor(server.url("/sparql")));
    return client.resolve(kHeatAndUnknown, ample());
}

}  // namespace

TEST_CASE("one query asks for all ids, in the form that Wikidata has them") {
    CHECK(
        rtIdQuery(std::vector{imdb("TT0113277"), imdb("tt10872600")}) ==
        R"(SELECT ?imdb ?rt WHERE { VALUES ?imdb { "tt0113277" "tt10872600" } ?item wdt:P345 ?imdb ; wdt:P1258 ?rt . })");
}

TEST_CASE("Wikidata is asked with one GET, and every id gets its answer") {
    const RawServer server(answering(ok(reply(row("tt0113277", "m/heat")))));
    WikidataClient client(optionsFor(server.url("/sparql")));
    const auto result = client.resolve(kHeatAndUnknown, ample());
    REQUIRE(std::holds_alternative<IdAnswers>(result));
    const auto& answers = std::get<IdAnswers>(result);
    REQUIRE(answers.size() == 2);
    CHECK(answers.at(imdb("tt0113277")).rtIds == std::vector{*RtId::parse("m/heat")});
    CHECK(answers.at(imdb("tt9999999")).absent());

    REQUIRE(server.requests().size() == 1);
    const std::string request = server.requests().at(0);
    CHECK(request.starts_with(
        "GET /sparql?query=SELECT%20%3Fimdb%20%3Frt%20WHERE%20%7B%20VALUES%20%3Fimdb%20%7B%20"
        "%22tt0113277%22%20%22tt9999999%22%20%7D"));
    CHECK(request.find("&format=json HTTP/1.1\r\n") != std::string::npos);
    CHECK(request.find("\r\nAccept: application/sparql-results+json\r\n") != std::string::npos);
}

TEST_CASE("fifty ids make a request line that any server takes") {
    const RawServer server(answering(ok(reply(""))));
    WikidataClient client(optionsFor(server.url("/sparql")));
    std::vector<ImdbId> ids;
    ids.reserve(51);
    for (int i = 0; i < 50; ++i) {
        ids.push_back(imdb("tt" + std::to_string(10000000 + i)));
    }
    const auto result = client.resolve(ids, ample());
    REQUIRE(std::holds_alternative<IdAnswers>(result));
    CHECK(std::get<IdAnswers>(result).size() == 50);
    CHECK(server.requests().at(0).find('\r') < 2000);
    ids.push_back(imdb("tt0000051"));
    CHECK_THROWS_AS(client.resolve(ids, ample()), std::invalid_argument);
}

TEST_CASE("no ids ask nothing") {
    const RawServer server(answering(ok(reply(""))));
    WikidataClient client(optionsFor(server.url("/sparql")));
    CHECK(std::get<IdAnswers>(client.resolve({}, ample())).empty());
    CHECK(server.connections() == 0);
}

TEST_CASE("of several ids a movie comes before a series, and always the same one") {
    const auto one = row("tt0113277", "m/heat");
    const auto other = row("tt0113277", "m/heat_1995");
    const auto series = row("tt0113277", "tv/a_series");
    CHECK(answerTo(one + "," + other + "," + series) == "m/heat");
    CHECK(answerTo(series + "," + other + "," + one) == "m/heat");
    CHECK(answerTo(series) == "tv/a_series");
    CHECK(answerTo(row("tt0113277", "tv/dark/s01") + "," + row("tt0113277", "tv/dark")) == "tv/dark");
}

TEST_CASE("all ids of a movie are given in their order, each once, and not more than a few") {
    std::string rows = row("tt0113277", "tv/a_series");
    for (const std::string rtId : {"m/d", "m/b", "m/b", "m/e", "m/a", "m/c"}) {
        rows += "," + row("tt0113277", rtId);
    }
    std::string all;
    for (const RtId& rtId : wholeAnswerTo(rows).rtIds) {
        all += rtId.text() + " ";
    }
    CHECK(all == "m/a m/b m/c m/d ");
}

TEST_CASE("an episode has a page of its own") {
    CHECK(answerTo(row("tt0113277", "tv/dark/s01/e06")) == "tv/dark/s01/e06");
}

TEST_CASE("that there is some value which nobody knows is the same as none") {
    CHECK(
        wholeAnswerTo(R"({"imdb":{"type":"literal","value":"tt0113277"},"rt":{"type":"bnode","value":"t1"}})")
            .absent());
    CHECK(wholeAnswerTo(R"({"imdb":{"type":"literal","value":"tt0113277"},)"
                        R"("rt":{"type":"uri","value":"http://www.wikidata.org/.well-known/genid/1"}})")
              .absent());
}

TEST_CASE("an id that would not be asked for is passed over, and told where there is no other") {
    for (const std::string bad :
         {"celebrity/al_pacino", "m/../admin", "m/heat?x", "heat", "m/a b", "M/heat"}) {
        CAPTURE(bad);
        CHECK(wholeAnswerTo(row("tt0113277", bad)).unusable == bad);
        CHECK(answerTo(row("tt0113277", bad)).empty());
        CHECK(answerTo(row("tt0113277", bad) + "," + row("tt0113277", "m/heat")) == "m/heat");
    }
}

TEST_CASE("only the ids that were asked for are answered") {
    const auto answers =
        readRtIds(reply(row("tt0000001", "m/other") + "," + row("tt0113277", "m/heat")), kHeatAndUnknown);
    CHECK(answers.size() == 2);
    CHECK(answers.at(imdb("tt0113277")).rtIds.size() == 1);
    CHECK_THROWS_AS(readRtIds(reply(row("tt0000001", "m/other")), kHeatAndUnknown), RequestFault);
}

TEST_CASE("columns beside ours do no harm") {
    const auto answers = readRtIds(
        R"({"head":{"link":[],"vars":["item","imdb","rt"]},"results":{"bindings":[{"item":{"type":"uri","value":"http://x/Q1"},
            "imdb":{"type":"literal","value":"tt0113277"},"rt":{"type":"literal","value":"m/heat"}}]}})",
        kHeatAndUnknown);
    CHECK(answers.at(imdb("tt0113277")).rtIds.size() == 1);
}

TEST_CASE("a reply that is not a whole SPARQL result never says that a film is unknown") {
    const std::string whole = reply(row("tt0113277", "m/heat"));
    // Cut anywhere, even where only the last brace is missing.
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_THROWS_AS(readRtIds(whole.substr(0, length), kHeatAndUnknown), RequestFault);
    }
    for (const std::string& json :
         {std::string("<html><h2>HTTP ERROR 429</h2></html>"),
          std::string("{}"),
          std::string("[]"),
          std::string("null"),
          std::string("\"text\""),
          std::string("1e999"),
          std::string("99999999999999999999999"),
          std::string(R"({"head":{"vars":["imdb","rt"]}})"),
          std::string(R"({"results":{"bindings":[]}})"),
          std::string(R"({"head":{"vars":["a","b"]},"results":{"bindings":[]}})"),
          std::string(R"({"head":{"vars":["imdb","rt"]},"results":{}})"),
          std::string(R"({"head":{"vars":["imdb","rt"]},"results":{"bindings":{}}})"),
          std::string(R"({"head":{"vars":["imdb","rt"]},"results":[]})"),
          std::string(R"({"head":[],"results":{"bindings":[]}})"),
          std::string(R"({"head":{"vars":"imdb rt"},"results":{"bindings":[]}})"),
          reply("7"),
          reply("{}"),
          reply(R"({"imdb":{"value":"tt0113277"}})"),
          reply(R"({"imdb":{"value":1},"rt":{"value":"m/heat"}})"),
          reply(R"({"imdb":"tt0113277","rt":"m/heat"})"),
          whole + "\n\tat java.lang.Thread.run",
          whole + whole,
          std::string(100000, '['),
          std::string(100000, '{')}) {
        CAPTURE(json.substr(0, 200));
        CHECK_THROWS_AS(readRtIds(json, kHeatAndUnknown), RequestFault);
    }
}

TEST_CASE("whatever Wikidata answers instead is a failure") {
    const auto kind = [](const std::string& bytes) { return kindOf(resolve(bytes)); };
    CHECK(kind(ok("<html>Sorry</html>")) == Kind::broken);
    CHECK(kind(ok("")) == Kind::broken);
    CHECK(kind("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n") == Kind::broken);
    CHECK(kind("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") == Kind::forbidden);
    CHECK(kind("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n") ==
          Kind::redirected);
    const std::string html = "<title>Error 429 Too Many Requests - Please retry in 9 seconds.</title>";
    const auto throttled = resolve("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9\r\nContent-Length: " +
                                   std::to_string(html.size()) + "\r\n\r\n" + html);
    CHECK(kindOf(throttled) == Kind::throttled);
    CHECK(failureIn(throttled).retryAfter == std::chrono::seconds(9));
    CHECK(failureIn(throttled).message == "Wikidata answered 429 Too Many Requests");
    CHECK(failureIn(resolve(ok("{"))).message ==
          "Wikidata sent a reply that cannot be read: it is not a JSON object, or cut short");
}

TEST_CASE("a reply that is larger than any to 50 ids is refused") {
    std::string rows = row("tt0113277", "m/heat");
    while (rows.size() < 300'000) {
        rows += "," + row("tt0113277", "m/heat");
    }
    CHECK(kindOf(resolve(ok(reply(rows)))) == Kind::refused);
}

TEST_CASE("Wikidata is asked whose page an address is") {
    const std::string rows =
        R"({"wanted":{"type":"literal","value":"m/heat"},"imdb":{"type":"literal","value":"tt0113277"},)"
        R"("rt":{"type":"literal","value":"m/heat"}})";
    const RawServer server(
        answering(ok(R"({"head":{"vars":["wanted","imdb","rt"]},"results":{"bindings":[)" + rows + "]}}")));
    WikidataClient client(optionsFor(server.url("/sparql")));
    const auto result = client.moviesOf(*RtId::parse("m/heat"), ample());
    REQUIRE(std::holds_alternative<std::vector<ImdbId>>(result));
    CHECK(std::get<std::vector<ImdbId>>(result) == std::vector{imdb("tt0113277")});
    CHECK(server.requests().at(0).find("wdt%3AP1258%20%3Fwanted") != std::string::npos);
}

}  // namespace rtbatch::test
