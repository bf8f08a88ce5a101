#include "handler/format.h"

#include <catch2/catch.hpp>

#include "tests/unit/handler/memory_exchange.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kFacts = R"({"rtUrl":"u","consensus":null})";
const Timestamp kCachedAt = fromMillis(1769851800007);
const std::string kMembers =
    R"("imdbId":"tt0113277","status":"stale","rtUrl":"u","consensus":null,"cachedAt":"2026-01-31T09:30:00.007Z")";

Call callWith(const std::string& requestId = "r1") {
    auto exchange = std::make_unique<MemoryExchange>(std::make_shared<Wire>());
    exchange->params["HTTP_X_REQUEST_ID"] = requestId;
    return Call(std::move(exchange));
}

std::string movieOf(Format& format, MovieStatus status = MovieStatus::stale) {
    return format.movie(
        {*ImdbId::parse("tt0113277"), status, kFacts, kCachedAt, kCachedAt + 10h, kCachedAt + 77s + 999ms});
}

bool isRefused(const std::string& accept) {
    try {
        batchFormat(accept);
        return false;
    } catch (const Problem& problem) {
        return problem.response().status == 406;
    }
}

std::string chosen(const std::string& accept) {
    return std::string(batchFormat(accept)->name());
}

std::string headerOf(const std::string& answer, const std::string& name) {
    const auto at = answer.find("\r\n" + name + ": ");
    return at == std::string::npos
               ? ""
               : answer.substr(at + name.size() + 4, answer.find("\r\n", at + 2) - at - name.size() - 4);
}

}  // namespace

TEST_CASE(
    "an event is the outcome's JSON on one line, the stored facts between id, status and time, to the byte") {
    const auto format = batchFormat("");
    Call call = callWith();
    CHECK(format->begin(call) ==
          "Status: 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: "
          "no-cache, no-transform\r\nX-Accel-Buffering: no\r\n"
          "X-Request-Id: r1\r\n\r\n:\n");
    CHECK(movieOf(*format) == "event: movie\ndata: {" + kMembers + "}\n\n");
    CHECK(format->error({"tt0000001", "scrape_failed", "Why."}) ==
          "event: error\ndata: "
          "{\"imdbId\":\"tt0000001\",\"error\":\"scrape_failed\",\"message\":\"Why.\"}\n\n");
    CHECK(format->error({"\n\xe2\x80\xa8", "invalid_id", "W", 7}) ==
          "event: error\ndata: "
          "{\"imdbId\":\"\\n\\u2028\",\"error\":\"invalid_id\",\"message\":\"W\",\"retryAfterS\":7}\n\n");
    CHECK(format->done({.total = 6, .cached = 3, .fetched = 2, .errors = 1, .stale = 1}) ==
          "event: done\ndata: {\"total\":6,\"cached\":3,\"fetched\":2,\"errors\":1,\"stale\":1}\n\n");
}

TEST_CASE("the same outcomes as lines and as one document") {
    const auto lines = batchFormat("application/x-ndjson");
    CHECK(movieOf(*lines) == R"({"type":"movie",)" + kMembers + "}\n");
    CHECK(lines->error({"x", "invalid_id", "W"}) ==
          "{\"type\":\"error\",\"imdbId\":\"x\",\"error\":\"invalid_id\",\"message\":\"W\"}\n");
    CHECK(lines->done({}) ==
          "{\"type\":\"done\",\"total\":0,\"cached\":0,\"fetched\":0,\"errors\":0,\"stale\":0}\n");

    const auto document = batchFormat("application/json");
    CHECK(movieOf(*document).empty());
    CHECK(document->error({"x", "invalid_id", "W"}).empty());
    CHECK(movieOf(*document).empty());
    CHECK(document->done({}) ==
          "{\"movies\":[{" + kMembers + "},{" + kMembers +
              "}],\"errors\":[{\"imdbId\":\"x\",\"error\":\"invalid_id\",\"message\":\"W\"}],"
              "\"done\":{\"total\":0,\"cached\":0,\"fetched\":0,\"errors\":0,\"stale\":0}}\n");
}

TEST_CASE("Accept chooses the format, by weight and by how closely it names it") {
    CHECK(chosen("") == "sse");
    CHECK(chosen("*/*") == "sse");
    CHECK(chosen("text/*") == "sse");
    CHECK(chosen("application/json, text/event-stream") == "sse");  // equal: the one offered first
    CHECK(chosen("application/json") == "json");
    CHECK(chosen("APPLICATION/JSON; charset=utf-8") == "json");
    CHECK(chosen("application/*") == "ndjson");
    CHECK(chosen("text/event-stream;q=0.5, application/x-ndjson;q=0.6") == "ndjson");
    CHECK(chosen("text/html, */*;q=0.1") == "sse");
    CHECK(chosen("*/*, text/event-stream;q=0") == "ndjson");
    CHECK(chosen("text/event-stream;q=0.1, */*;q=0.9") == "ndjson");  // what comes later is less specific
    CHECK(chosen("application/*;q=0.2, application/json;q=0.9, text/event-stream;q=0.3") == "json");
    CHECK(chosen("text/event-stream;q=2, application/json;q=0.1") == "json");  // no weight, so no part
    for (const std::string none :
         {"text/html", "application/xml, image/*", "*/*;q=0", "nonsense", "text/event-stream;q=0"}) {
        INFO(none);
        CHECK(isRefused(none));
    }
}

TEST_CASE("a single movie is fresh for as long as its row, counted from when it was read") {
    const auto format = movieFormat("");
    Call call = callWith();
    CHECK(format->begin(call).empty());
    const std::string answer = movieOf(*format, MovieStatus::cached);
    CHECK(headerOf(answer, "Cache-Control") == "private, max-age=36000, stale-if-error=86400");
    CHECK(headerOf(answer, "Age") == "77");
    CHECK(headerOf(answer, "X-Request-Id") == "r1");
    CHECK(headerOf(answer, "Content-Length") == std::to_string(answer.size() - answer.find("\r\n\r\n") - 4));
    CHECK(format->done({}).empty());
    CHECK(call.status() == 200);
    CHECK(headerOf(movieOf(*format, MovieStatus::stale), "Cache-Control") ==
          "private, max-age=0, stale-if-error=86400");
}

TEST_CASE("a caller who has the movie is told so") {
    const auto first = movieFormat("");
    Call call = callWith();
    first->begin(call);
    const std::string tag = headerOf(movieOf(*first, MovieStatus::fetched), "ETag");
    CHECK_THAT(tag, Catch::StartsWith("W/\"") && Catch::EndsWith("\""));
    for (const std::string& same : {tag, tag.substr(2), "\"x\", " + tag, std::string("*")}) {
        const auto format = movieFormat(same);
        format->begin(call);
        const std::string answer = movieOf(*format, MovieStatus::cached);
        INFO(same);
        CHECK_THAT(answer, Catch::StartsWith("Status: 304 ") && Catch::EndsWith("\r\n\r\n"));
        CHECK(headerOf(answer, "ETag") == tag);
        CHECK(headerOf(answer, "Content-Type").empty());
    }
    for (const std::string& other : {std::string("\"x\""), tag.substr(0, tag.size() - 2) + "\""}) {
        const auto format = movieFormat(other);
        format->begin(call);
        CHECK_THAT(movieOf(*format, MovieStatus::cached), Catch::StartsWith("Status: 200 "));
    }
    // What is stale now is not what was fresh.
    const auto format = movieFormat(tag);
    format->begin(call);
    CHECK_THAT(movieOf(*format, MovieStatus::stale), Catch::StartsWith("Status: 200 "));
}

TEST_CASE("a single movie that there is none of is a problem") {
    const auto format = movieFormat("*");
    Call call = callWith();
    format->begin(call);
    CHECK_THAT(format->error({"tt0113277", "not_found", "None."}),
               Catch::StartsWith("Status: 404 Not Found\r\n"));
    CHECK_THAT(format->error({"tt0113277", "timeout", "Late."}), Catch::StartsWith("Status: 504 "));
    const std::string failed = format->error({"tt0113277", "scrape_failed", "Why.", 30});
    CHECK_THAT(failed, Catch::StartsWith("Status: 502 "));
    CHECK(headerOf(failed, "Retry-After") == "30");
    CHECK(headerOf(failed, "Content-Type") == "application/problem+json");
}

TEST_CASE("a request keeps its id if it can be one, and gets one else") {
    for (const std::string good : {"a", "01F:x_y.z-9"}) {
        CHECK(callWith(good).requestId() == good);
    }
    CHECK(callWith(std::string(128, 'a')).requestId().size() == 128);
    for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\r\nX: y"),
                                   std::string("\xc3\xa4"), std::string(129, 'a')}) {
        const std::string made = callWith(bad).requestId();
        CHECK(made.size() == 32);
        CHECK(made.find_first_not_of("0123456789abcdef") == std::string::npos);
        CHECK(callWith(bad).requestId() != made);
    }
}
