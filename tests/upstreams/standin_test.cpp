// What the stand-in serves when nothing is wrong, and how it counts.
#include "tests/upstreams/standin.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "common/model/deadline.h"
#include "tests/upstreams/raw_client.h"

using namespace rtbatch;
using namespace rtbatch::standin;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kAgent = "User-Agent: rtbatch/0.0.0\r\n";

RawReply query(const Standin& standin, const std::string& text) {
    return get(standin.wikidataUrl(), "/sparql?query=" + percentEncode(text), kAgent);
}

/// A reply without its blanks, so that a test can look for what it says.
std::string dense(std::string json) {
    json.erase(std::remove_if(json.begin(), json.end(), [](char c) { return c == ' ' || c == '\n'; }),
               json.end());
    return json;
}

}  // namespace

TEST_CASE("a film's page is at its id, with an ETag, and the same when gzipped") {
    const Standin standin;
    const RawReply plain = get(standin.rtUrl(), "/m/arrival_2016");
    CHECK(plain.status() == 200);
    CHECK(plain.end == RawReply::End::whole);
    CHECK_THAT(plain.header("ETag"), Catch::StartsWith("W/\""));
    CHECK_THAT(plain.body,
               Contains("id=\"media-scorecard-json\"") && Contains("Arrival (2016) | Rotten Tomatoes"));
    CHECK(plain.body.size() > 140000);
    CHECK(plain.body.size() < 200000);

    const RawReply packed = get(standin.rtUrl(), "/m/arrival_2016", "Accept-Encoding: gzip\r\n");
    CHECK(packed.header("Content-Encoding") == "gzip");
    CHECK(unzip(packed.body) == plain.body);
}

TEST_CASE("a trailing slash is redirected relatively, and an unknown page is a 404 like the home page") {
    const Standin standin;
    const RawReply slash = get(standin.rtUrl(), "/m/heat/");
    CHECK(slash.status() == 301);
    CHECK(slash.header("Location") == "/m/heat");
    const RawReply unknown = get(standin.rtUrl(), "/m/no_such_film");
    CHECK(unknown.status() == 404);
    CHECK_THAT(unknown.body, Contains("<title>Rotten Tomatoes: Movies") && !Contains("media-scorecard-json"));
}

TEST_CASE("a connection serves one request after another") {
    const Standin standin;
    RawClient client(standin.rtUrl());
    for (int i = 0; i < 3; ++i) {
        CHECK(client.get("/m/heat").status() == 200);
    }
    CHECK(client.get("/m/heat", "Connection: close\r\n").status() == 200);
    CHECK(client.receive(10s).end == RawReply::End::closed);
}

TEST_CASE(
    "Wikidata answers with the variables that the query names, and says nothing of what it does not know") {
    const Standin standin;
    const RawReply reply =
        query(standin,
              "PREFIX wdt: <http://www.wikidata.org/prop/direct/>\n"
              "SELECT ?a ?b WHERE {\n VALUES ?a { \"tt0113277\" \"tt0000001\" \"tt9000099\" }\n"
              " ?film wdt:P345 ?a ; wdt:P1258 ?b .\n}");
    CHECK(reply.status() == 200);
    CHECK(reply.header("Content-Type") == "application/sparql-results+json;charset=utf-8");
    CHECK(dense(reply.body) ==
          R"({"head":{"vars":["a","b"]},"results":{"bindings":[{"a":{"type":"literal","value":"tt0113277"},)"
          R"("b":{"type":"literal","value":"m/heat"}}]}})");
    CHECK(dense(query(standin, "select * {VALUES (?i) {(\"tt0000001\")} ?f wdt:P345 ?i. ?f wdt:P1258 ?r}")
                    .body) == R"({"head":{"vars":["i","f","r"]},"results":{"bindings":[]}})");
}

TEST_CASE("Wikidata has several rows, hostile ones, and items without an id") {
    const Standin standin;
    const auto rows = [&](const std::string& id, const std::string& where) {
        return dense(
            query(standin, "SELECT ?i ?r WHERE { VALUES ?i { \"" + id + "\" } " + where + " }").body);
    };
    const std::string plain = "?f wdt:P345 ?i; wdt:P1258 ?r.";
    CHECK_THAT(rows("tt8999905", plain),
               Contains("tv/breaking_bad") && Contains("m/heat") && Contains("celebrity/"));
    CHECK_THAT(rows("tt8999901", plain), Contains("\"m/../admin\""));
    CHECK_THAT(rows("tt8999903", plain), Contains("\\u000d\\u000aX-Evil:1"));
    CHECK_THAT(rows("tt8999911", plain), Contains("\"type\":\"bnode\""));
    CHECK_THAT(rows("tt8999908", plain), Contains("\"bindings\":[]"));
    CHECK_THAT(rows("tt8999908", "?f wdt:P345 ?i. OPTIONAL { ?f wdt:P1258 ?r }"),
               Contains(R"("bindings":[{"i":{"type":"literal","value":"tt8999908"}}])"));
}

TEST_CASE("Wikidata turns away a generic User-Agent and a query that it does not understand") {
    const Standin standin;
    CHECK(get(standin.wikidataUrl(), "/sparql?query=x").status() == 403);
    CHECK(get(standin.wikidataUrl(), "/sparql?query=x", "User-Agent: curl/8\r\n").status() == 403);
    CHECK(query(standin, "SELECT ?x WHERE { ?x wdt:P31 wd:Q5 }").status() == 400);
    CHECK(get(standin.wikidataUrl(), "/sparql", kAgent).status() == 400);
    CHECK(get(standin.wikidataUrl(), "/elsewhere", kAgent).status() == 404);
}

TEST_CASE("requests, ids and User-Agents are counted, control requests are not") {
    const Standin standin;
    get(standin.rtUrl(), "/m/heat", kAgent);
    get(standin.rtUrl(), "/m/heat", kAgent);
    query(standin, "SELECT ?i ?r { VALUES ?i { \"tt0113277\" \"tt0078748\" } ?f wdt:P345 ?i; wdt:P1258 ?r }");
    get(standin.elsewhereUrl(), "/m/heat");
    const std::string counts = control(standin.elsewhereUrl(), "GET", "counts");
    CHECK_THAT(counts, Contains(R"("rt":{"requests":2,"open":0,"peak":1,"aborted":0,"retries":1,)"
                                R"("userAgents":["rtbatch/0.0.0"],"byId":{"m/heat":2},"idCounts":[1,1],)"));
    CHECK_THAT(counts, Contains(R"("wikidata":{"requests":1,)") &&
                           Contains(R"("byId":{"tt0078748":1,"tt0113277":1},"idCounts":[2],)") &&
                           Contains(R"("elsewhere":{"requests":1,)"));
    control(standin.rtUrl(), "POST", "reset");
    CHECK(count(standin.rtUrl(), "rt", "requests") == 0);
    CHECK(count(standin.rtUrl(), "rt", "peak") == 0);
}

TEST_CASE("latency is each request's own, and the peak is the most at once") {
    const Standin standin;
    control(standin.rtUrl(), "PUT", "latency", R"({"upstream":"rt","ms":500})");
    constexpr int kClients = 40;
    std::vector<RawClient> clients;
    for (int i = 0; i < kClients; ++i) {
        clients.emplace_back(standin.rtUrl());
    }
    const auto start = std::chrono::steady_clock::now();
    for (RawClient& client : clients) {
        client.send("GET", "/m/standin_9000000");
    }
    for (RawClient& client : clients) {
        CHECK(client.receive().status() == 200);
    }
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(took >= 500ms);
    CHECK(took < kClients * 500ms / 4);  // one after another it would be 20 s
    CHECK(count(standin.rtUrl(), "rt", "peak") == kClients);
    CHECK(count(standin.rtUrl(), "rt", "open") == 0);
}

TEST_CASE("clients that keep to two at once are never counted as three") {
    const Standin standin;
    const auto ask = [&standin] {
        for (int i = 0; i < 100; ++i) {
            get(standin.rtUrl(), "/m/heat");
        }
    };
    std::thread other(ask);
    ask();
    other.join();
    CHECK(count(standin.rtUrl(), "rt", "requests") == 200);
    CHECK(count(standin.rtUrl(), "rt", "peak") <= 2);
}

TEST_CASE("a client that leaves and asks again at once is an abort, and not two at once") {
    const Standin standin;
    control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"rt","id":"m/heat","fault":"hang"})");
    for (int i = 1; i <= 50; ++i) {
        RawClient client(standin.rtUrl());
        client.send("GET", "/m/heat");
        REQUIRE(eventually([&] { return count(standin.rtUrl(), "rt", "requests") == i; }));
        client.leave();
    }
    CHECK(eventually([&] { return count(standin.rtUrl(), "rt", "aborted") == 50; }));
    CHECK(count(standin.rtUrl(), "rt", "peak") == 1);
    CHECK(count(standin.rtUrl(), "rt", "open") == 0);
}

TEST_CASE("hundreds of open requests are fine, and each that leaves is seen") {
    const Standin standin;
    control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"rt","id":"*","fault":"hang"})");
    constexpr int kClients = 300;
    std::vector<RawClient> clients;
    for (int i = 0; i < kClients; ++i) {
        clients.emplace_back(standin.rtUrl());
        clients.back().send("GET", "/m/heat");
    }
    CHECK(eventually([&] { return count(standin.rtUrl(), "rt", "open") == kClients; }));
    clients.resize(100, clients.front());
    CHECK(eventually([&] { return count(standin.rtUrl(), "rt", "aborted") == kClients - 100; }));
    CHECK(count(standin.rtUrl(), "rt", "open") == 100);
}  // and it stops while 100 are open

TEST_CASE("a film can be changed, moved and taken from Wikidata") {
    const Standin standin;
    const std::string film = "film/tt0113277";
    control(standin.rtUrl(), "PUT", film, R"({"criticScore":null,"audienceScore":7,"consensus":"Changed."})");
    CHECK_THAT(get(standin.rtUrl(), "/m/heat").body,
               Contains(R"("score":"7")") && Contains("<p>Changed.</p>"));
    CHECK_THAT(control(standin.rtUrl(), "GET", film), Contains(R"("criticScore":null,"audienceScore":7)"));
    control(standin.rtUrl(), "PUT", film, R"({"released":"2026-03-09"})");
    CHECK_THAT(get(standin.rtUrl(), "/m/heat").body, Contains(R"("cag[release]":"Mar 9, 2026")"));
    control(standin.rtUrl(), "PUT", film, R"({"year":1996})");
    CHECK_THAT(get(standin.rtUrl(), "/m/heat").body, Contains(R"("cag[release]":"Nov 1, 1996")"));

    control(standin.rtUrl(), "PUT", film, R"({"rtId":"m/heat_1995"})");
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 404);
    CHECK(get(standin.rtUrl(), "/m/heat_1995").status() == 200);
    const std::string ask = "SELECT ?i ?r { VALUES ?i { \"tt0113277\" } ?f wdt:P345 ?i; wdt:P1258 ?r }";
    CHECK_THAT(query(standin, ask).body, Contains("m/heat_1995"));

    control(standin.rtUrl(), "PUT", film, R"({"rtId":null})");
    CHECK_THAT(dense(query(standin, ask).body), Contains("\"bindings\":[]"));

    control(standin.rtUrl(), "PUT", "film/tt7777777",
            R"({"rtId":"m/new_one","title":"New One","year":2030})");
    CHECK_THAT(get(standin.rtUrl(), "/m/new_one").body, Contains("New One"));
    control(standin.rtUrl(), "POST", "reset");
    CHECK(get(standin.rtUrl(), "/m/new_one").status() == 404);
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 200);
}

TEST_CASE("a control request that makes no sense is refused") {
    const Standin standin;
    CHECK_THROWS_WITH(
        control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"rt","id":"*","fault":"boil"})"),
        Contains("there is no fault 'boil' for rt"));
    CHECK_THROWS_WITH(
        control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"wikidata","id":"*","fault":"crash"})"),
        Contains("400"));
    CHECK_THROWS_WITH(control(standin.rtUrl(), "PUT", "latency", R"({"upstream":"imdb","ms":1})"),
                      Contains("400"));
    CHECK_THROWS_WITH(control(standin.rtUrl(), "PUT", "latency", "not json"), Contains("400"));
    CHECK_THROWS_WITH(control(standin.rtUrl(), "GET", "no_such"), Contains("404"));
}
