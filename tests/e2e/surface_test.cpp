// Single movies and the other formats of a batch; the golden cases (tests/cases) have their bytes.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

HttpRequest movieRequest(const std::string& id, std::map<std::string, std::string> headers = {}) {
    headers["X-API-Key"] = kKey;
    return {.path = "/api/v1/movie/" + id, .headers = std::move(headers)};
}

std::string errorOf(const HttpResponse& response) {
    return parseObject(response.body())->getValue<std::string>("error");
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

TEST_CASE("a single movie is fetched, then cached, then not sent again", "[surface]") {
    Stack stack({.database = Database::mariadb});
    const std::string id = madeUpMovie(1);
    const HttpResponse fetched = ask(stack.http(), movieRequest(id));
    INFO(fetched.body());
    REQUIRE(fetched.status() == 200);
    CHECK(fetched.header("content-type") == "application/json");
    CHECK(parseObject(fetched.body())->getValue<std::string>("status") == "fetched");

    const HttpResponse cached = ask(stack.http(), movieRequest(id));
    CHECK(parseObject(cached.body())->getValue<std::string>("status") == "cached");
    CHECK(cached.header("etag") == fetched.header("etag"));
    CHECK(cached.header("cache-control") == fetched.header("cache-control"));
    // The same JSON as in a batch.
    const HttpResponse batch = ask(stack.http(), batchOf(std::vector<std::string>{id}));
    CHECK(batch.events().front().data + "\n" == cached.body());

    const HttpResponse same =
        ask(stack.http(), movieRequest(id, {{"If-None-Match", *cached.header("etag")}}));
    CHECK(same.status() == 304);
    CHECK(same.body().empty());
    CHECK(same.header("etag") == cached.header("etag"));
    CHECK(same.header("age").has_value());

    // An old row is better than nothing, and not to be kept.
    stack.expire(std::vector{id});
    stack.upstreams().setFault(Site::rt, "500");
    const HttpResponse stale = ask(stack.http(), movieRequest(id));
    INFO(stale.body());
    CHECK(stale.status() == 200);
    CHECK(parseObject(stale.body())->getValue<std::string>("status") == "stale");
    CHECK_THAT(*stale.header("cache-control"), Catch::Contains("max-age=0"));
}

TEST_CASE("a single movie that there is none of: 404, 422, 502, 504", "[surface]") {
    Stack stack({.database = Database::mariadb, .settings = {{"movie.timeout_s", "1"}}});
    const HttpResponse unknown = ask(stack.http(), movieRequest(unknownMovie(1)));
    CHECK(unknown.status() == 404);
    CHECK(errorOf(unknown) == "not_found");

    const HttpResponse invalid = ask(stack.http(), movieRequest("tt12"));
    CHECK(invalid.status() == 422);
    CHECK(errorOf(invalid) == "invalid_id");
    CHECK(parseObject(invalid.body())->getArray("invalid")->getElement<std::string>(0) == "tt12");

    ask(stack.http(), batchOf(std::vector{madeUpMovie(2)}));
    stack.sql("DELETE FROM rt_cache");
    stack.upstreams().setFault(madeUpMovie(2), "500");
    const HttpResponse failed = ask(stack.http(), movieRequest(madeUpMovie(2)));
    INFO(failed.body());
    CHECK(failed.status() == 502);
    CHECK(errorOf(failed) == "scrape_failed");

    stack.upstreams().clearFaults();
    stack.upstreams().setLatency(Site::rt, 3s);
    const HttpResponse late = ask(stack.http(), movieRequest(madeUpMovie(3)));
    CHECK(late.status() == 504);
    CHECK(errorOf(late) == "timeout");
    CHECK(late.header("content-type") == "application/problem+json");
}

TEST_CASE("a single movie and a batch that want the same film share its flight", "[surface]") {
    Stack stack({.database = Database::mariadb});
    stack.upstreams().setLatency(Site::rt, 300ms);
    HttpClient batch(stack.http(), batchOf(madeUpMovies(1, 3)));
    HttpClient single(stack.http(), movieRequest(madeUpMovies(1, 3)[2]));
    CHECK(single.readToEnd().status() == 200);
    checkWhole(batch.readToEnd(), madeUpMovies(1, 3));
    CHECK(stack.upstreams().counts(Site::rt).requests == 3);
}

TEST_CASE("a caller of a single movie who leaves drops what nobody else waits for", "[surface]") {
    Stack stack;
    stack.upstreams().setLatency(Site::wikidata, 500ms);
    HttpClient single(stack.http(), movieRequest(madeUpMovie(1)));
    REQUIRE(eventually(20s, [&] { return stack.upstreams().counts(Site::wikidata).open == 1; }));
    single.leave();
    REQUIRE(eventually(20s, [&] { return stack.upstreams().counts(Site::wikidata).open == 0; }));
    // The next one in the page's queue is this one: the other was dropped before it.
    CHECK(ask(stack.http(), movieRequest(madeUpMovie(2))).status() == 200);
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
}

TEST_CASE("lines are streamed as events are: hits before anything is fetched", "[surface]") {
    Stack stack({.database = Database::mariadb, .settings = {{"batch.heartbeat_s", "0.05"}}});
    const auto ids = madeUpMovies(1, 3);
    stack.warm(std::vector{ids[0], ids[1]});
    stack.upstreams().setLatency(Site::rt, 1s);
    HttpClient client(stack.http(), batchOf(ids, {{"Accept", "application/x-ndjson"}}));
    REQUIRE(client.readUntil([](const HttpResponse& r) { return linesOf(r.body()).size() >= 2; }, 20s));
    CHECK(client.response().body().find("\"fetched\"") == std::string::npos);
    const HttpResponse& response = client.readToEnd();
    CHECK(response.header("content-type") == "application/x-ndjson");
    const auto lines = linesOf(response.body());
    REQUIRE(lines.size() == 4);
    std::vector<std::string> types;
    for (const std::string& line : lines) {
        types.push_back(parseObject(line)->getValue<std::string>("type"));
    }
    CHECK(types == std::vector<std::string>{"movie", "movie", "movie", "done"});
    CHECK_THAT(lines[2], Catch::StartsWith("  "));  // heartbeats while the page was open
}

TEST_CASE("one document has the same movies, errors and counts", "[surface]") {
    Stack stack({.database = Database::mariadb});
    auto ids = madeUpMovies(1, 30);
    stack.warm(std::span(ids).first(28));
    ids.push_back(unknownMovie(1));
    const HttpResponse response = ask(stack.http(), batchOf(ids, {{"Accept", "application/json"}}));
    CHECK(response.header("content-type") == "application/json");
    CHECK(response.complete());
    const auto document = parseObject(response.body());
    CHECK(document->getArray("movies")->size() == 30);
    CHECK(document->getArray("errors")->size() == 1);
    const auto done = document->getObject("done");
    CHECK(done->getValue<int>("total") == 31);
    CHECK(done->getValue<int>("cached") == 28);
    CHECK(done->getValue<int>("fetched") == 2);
}

TEST_CASE(
    "a request's id is the same in the answer, in nginx's log and in ours, and no key is in any of them",
    "[surface][log]") {
    const auto format = GENERATE(as<std::string>(), "text", "json");
    Stack stack({.database = Database::mariadb, .settings = {{"log.format", format}}});
    const auto ids = madeUpMovies(1, 2);
    const HttpResponse mine = ask(stack.http(), batchOf(ids, {{"X-Request-Id", "mine:1"}}));
    CHECK(mine.header("x-request-id") == "mine:1");
    const HttpResponse given = ask(stack.http(), batchOf(ids, {{"X-Request-Id", "not mine"}}));
    REQUIRE(given.header("x-request-id").has_value());
    CHECK(given.header("x-request-id")->size() == 32);
    const HttpResponse refused =
        ask(stack.http(), {.path = "/nowhere", .headers = {{"X-Request-Id", "mine:2"}}});
    CHECK(refused.header("x-request-id") == "mine:2");
    stack.upstreams().setFault(madeUpMovie(3), "500");
    ask(stack.http(), batchOf(std::vector{madeUpMovie(3)}, {{"X-Request-Id", "mine:3"}}));
    // A key in the wrong place.
    ask(stack.http(),
        {.path = "/api/v1/movie/tt12?key=" + kKey, .headers = {{"X-API-Key", "wrong-" + kKey}}});
    CHECK(stack.stopHandler() == 0);

    const auto lineWith = [](const std::string& log, const std::string& a, const std::string& b) {
        std::string found;
        for (const std::string& line : linesOf(log)) {
            if (line.find(a) != std::string::npos && line.find(b) != std::string::npos) {
                CHECK(found.empty());
                found = line;
            }
        }
        return found;
    };
    const auto request = [&](const std::string& id) {
        return format == "json" ? "\"request\":\"" + id + "\"" : "request=" + id + " ";
    };
    const std::string answered = lineWith(stack.handlerLog(), "answered", request("mine:1"));
    INFO(answered);
    CHECK_THAT(answered, Catch::Contains(format == "json" ? R"("total":2,"cached":0,"stale":0,"fetched":2)"
                                                          : "total=2 cached=0 stale=0 fetched=2"));
    CHECK_FALSE(lineWith(stack.handlerLog(), "answered", request(*given.header("x-request-id"))).empty());
    // The failure of a site names whose request it was.
    const std::string failure =
        lineWith(stack.handlerLog(), format == "json" ? R"("result":"broken")" : "result=broken",
                 format == "json" ? R"("requests":"mine:3")" : "requests=mine:3");
    CHECK_THAT(failure, Catch::Contains(madeUpMovie(3)));
    for (const std::string& id : {std::string("mine:1"), *given.header("x-request-id"), std::string("mine:2"),
                                  std::string("mine:3")}) {
        CHECK_FALSE(lineWith(stack.accessLog(), "request=" + id + " ", "").empty());
    }
    for (const std::string& log : {stack.handlerLog(), stack.accessLog(), stack.logs()}) {
        CHECK(log.find(kKey) == std::string::npos);
    }
    if (format == "json") {
        for (const std::string& line : linesOf(stack.handlerLog())) {
            CHECK_NOTHROW(parseObject(line));
        }
    }
}
