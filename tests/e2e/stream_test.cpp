// The stream of hits, to the byte.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/e2e/batch_view.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;

namespace {

/// In milliseconds, as the database has it.
std::string tomorrow() {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::system_clock::now().time_since_epoch() + std::chrono::hours(24))
                              .count());
}

/// Puts a fresh row into the cache, with these facts as the wire has them.
void putRow(Stack& stack, const std::string& id, const std::string& facts,
            const std::string& expiresAt = tomorrow()) {
    stack.sql("INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) VALUES ('" + id +
              "', 'm/x', '" + facts + "', 1700000000123, " + expiresAt + ")");
}

const std::string kFullFacts =
    R"("rtUrl":"https://www.rottentomatoes.com/m/x","title":"X","year":1999,"criticScore":0,"audienceScore":100,)"
    R"("criticRating":"rotten","audienceRating":"upright","consensus":"None.")";
const std::string kGaps =
    R"("rtUrl":"https://www.rottentomatoes.com/m/x","title":"X","year":null,"criticScore":null,"audienceScore":null,)"
    R"("criticRating":null,"audienceRating":null,"consensus":null)";

}  // namespace

TEST_CASE("a stream of hits is this, byte for byte", "[stream]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    putRow(stack, "tt0000001", "{" + kFullFacts + "}");
    putRow(stack, "tt10000002", "{" + kGaps + "}");

    const HttpResponse response =
        ask(stack.http(), batchOf(std::vector<std::string>{"tt10000002", "tt0000001"}));
    CHECK(response.body() ==
          ":\n"
          "event: movie\n"
          "data: {\"imdbId\":\"tt10000002\",\"status\":\"cached\"," +
              kGaps +
              ",\"cachedAt\":\"2023-11-14T22:13:20.123Z\"}\n"
              "\n"
              "event: movie\n"
              "data: {\"imdbId\":\"tt0000001\",\"status\":\"cached\"," +
              kFullFacts +
              ",\"cachedAt\":\"2023-11-14T22:13:20.123Z\"}\n"
              "\n"
              "event: done\n"
              "data: {\"total\":2,\"cached\":2,\"fetched\":0,\"errors\":0,\"stale\":0}\n"
              "\n");
    CHECK(response.complete());
    CHECK(response.header("content-type") == "text/event-stream");
    CHECK(response.header("cache-control") == "no-cache, no-transform");
    CHECK(response.header("x-accel-buffering") == "no");
    CHECK_FALSE(response.header("content-encoding").has_value());
}

TEST_CASE("hits come in the order in which they were asked for", "[stream]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    std::vector<std::string> ids = madeUpMovies(100, 50);
    for (const std::string& id : ids) {
        putRow(stack, id, "{" + kFullFacts + "}");
    }
    for (const int turn : {7, 19, 31}) {
        std::ranges::rotate(ids, ids.begin() + turn);
        std::swap(ids.front(), ids[25]);
        const HttpResponse response = ask(stack.http(), batchOf(ids));
        checkWhole(response, ids);
        std::vector<std::string> came;
        for (const Outcome& outcome : outcomesOf(response)) {
            came.push_back(outcome.imdbId);
        }
        CHECK(came == ids);
    }
}

TEST_CASE("a repeated id is answered and counted once, in either case", "[stream]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    putRow(stack, "tt9000001", "{" + kFullFacts + "}");
    const HttpResponse response = ask(
        stack.http(),
        batchOf(std::vector<std::string>{"TT9000001", "tt9000002", "tt9000001", "tT9000002", "Tt9000001"}));
    checkWhole(response, std::vector<std::string>{"tt9000001", "tt9000002"});
    CHECK(doneOf(response) == Done{.total = 2, .cached = 1, .fetched = 1, .errors = 0, .stale = 0});
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
}

TEST_CASE("50 ids may be repeated to more, and 50 different ones fit", "[stream]") {
    Stack stack;
    std::vector<std::string> ids = madeUpMovies(1, 50);
    stack.warm(ids);
    std::vector<std::string> twice = ids;
    twice.insert(twice.end(), ids.begin(), ids.end());
    checkWhole(ask(stack.http(), batchOf(twice)), ids);
}

TEST_CASE("hits do not wait for misses", "[stream]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    std::vector<std::string> ids = madeUpMovies(1, 10);
    stack.warm(ids);
    stack.upstreams().setLatency(Site::wikidata, std::chrono::milliseconds(700));
    ids.insert(ids.begin(), madeUpMovie(50));

    HttpClient client(stack.http(), batchOf(ids));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return r.count("movie") == 10; },
                             std::chrono::seconds(10)));
    const auto hitsTook = client.response().events()[9].at - client.sentAt();
    checkWhole(client.readToEnd(), ids);
    CHECK(hitsTook < std::chrono::milliseconds(500));
    CHECK(outcomeOf(client.response(), ids[0]).at - client.sentAt() > std::chrono::milliseconds(700));
}

TEST_CASE("characters beyond ASCII reach the client as escapes and mean the same", "[stream]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::string amelie = "tt0211915";
    const std::vector<std::string> ids = {amelie};
    for (const std::string status : {"fetched", "cached"}) {
        const HttpResponse response = ask(stack.http(), batchOf(ids));
        checkWhole(response, ids);  // which holds the bytes to ASCII
        const Outcome movie = outcomeOf(response, amelie);
        CHECK(movie.code == status);
        CHECK_THAT(movie.fields->getValue<std::string>("title"), Catch::Contains("Am\xc3\xa9lie"));
    }
}

TEST_CASE("the same stream comes over HTTPS and over HTTP/2", "[stream]") {
    Stack stack({.tls = true});
    const std::vector<std::string> ids = madeUpMovies(1, 20);
    stack.warm(ids);
    const std::string plain = ask(stack.http(), batchOf(ids)).body();
    const HttpResponse secure = ask(stack.https(), batchOf(ids));
    checkWhole(secure, ids);
    CHECK(secure.body() == plain);

    const HttpRequest request = batchOf(ids);
    const std::string version2 =
        runProgram({"/usr/bin/curl", "-sS", "-k", "--http2", "-m", "20", "-H", "X-API-Key: " + kKey, "-H",
                    "Content-Type: application/json", "-d", request.body, "-w", "version %{http_version}",
                    "https://127.0.0.1:" + std::to_string(stack.https().port) + request.path},
                   {});
    CHECK(version2 == plain + "version 2");
}
