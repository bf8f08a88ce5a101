// What is refused before a stream starts, each with its problem+json (RFC 9457).
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;

namespace {

HttpRequest withBody(const std::string& body) {
    HttpRequest request = batchOf({});
    request.body = body;
    return request;
}

HttpRequest with(const std::string& name, const std::optional<std::string>& value) {
    HttpRequest request = withBody(R"({"imdbIds":["tt0468569"]})");
    value ? void(request.headers[name] = *value) : void(request.headers.erase(name));
    return request;
}

HttpRequest at(const std::string& method, const std::string& path) {
    HttpRequest request = batchOf({});
    request.method = method;
    request.path = path;
    return request;
}

struct Refusal {
    const char* what;
    HttpRequest request;
    int status;
    const char* error;
};

std::string manyIds(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
        list += (i == 0 ? "\"" : ",\"") + madeUpMovie(i) + "\"";
    }
    return "{\"imdbIds\":[" + list + "]}";
}

const std::string kBatch = "/api/v1/movies/batch";

std::vector<Refusal> refusals() {
    return {
        {"no JSON", withBody("imdbIds=tt0468569"), 400, "invalid_json"},
        {"cut JSON", withBody(R"({"imdbIds":["tt0468569")"), 400, "invalid_json"},
        {"an empty body", withBody(""), 400, "invalid_json"},
        {"an integer beyond 64 bits", withBody(R"({"imdbIds":["tt0468569"],"n":99999999999999999999})"), 400,
         "invalid_json"},
        {"JSON nested too deeply", withBody(std::string(5000, '[')), 400, "invalid_json"},
        {"no key", with("X-API-Key", std::nullopt), 401, "key_missing"},
        {"an empty key", with("X-API-Key", ""), 401, "key_missing"},
        {"another key", with("X-API-Key", "guessed"), 401, "key_unknown"},
        {"the key's first half", with("X-API-Key", kKey.substr(0, kKey.size() / 2)), 401, "key_unknown"},
        {"another path", at("POST", "/api/v1/movies"), 404, "no_such_path"},
        {"the path and a slash", at("POST", kBatch + "/"), 404, "no_such_path"},
        {"the root", at("GET", "/"), 404, "no_such_path"},
        {"GET", at("GET", kBatch), 405, "method_not_allowed"},
        {"PUT", at("PUT", kBatch), 405, "method_not_allowed"},
        {"DELETE", at("DELETE", kBatch), 405, "method_not_allowed"},
        {"POST to health", at("POST", "/api/v1/health"), 405, "method_not_allowed"},
        {"a body over 16 KiB", withBody(R"({"imdbIds":["tt0468569"]})" + std::string(16 * 1024, ' ')), 413,
         "body_too_large"},
        {"a body of a megabyte", withBody(std::string(1024 * 1024, ' ')), 413, "body_too_large"},
        {"a form", with("Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
        {"text", with("Content-Type", "text/plain"), 415, "unsupported_media_type"},
        {"no media type", with("Content-Type", std::nullopt), 415, "unsupported_media_type"},
        {"an array", withBody(R"(["tt0468569"])"), 422, "invalid_body"},
        {"no imdbIds", withBody(R"({"ids":["tt0468569"]})"), 422, "missing_ids"},
        {"imdbIds a string", withBody(R"({"imdbIds":"tt0468569"})"), 422, "ids_not_strings"},
        {"imdbIds null", withBody(R"({"imdbIds":null})"), 422, "ids_not_strings"},
        {"a number among the ids", withBody(R"({"imdbIds":["tt0468569",468569]})"), 422, "ids_not_strings"},
        {"no id", withBody(R"({"imdbIds":[]})"), 422, "no_ids"},
        {"51 ids", withBody(manyIds(51)), 422, "too_many_ids"},
        {"a malformed id", withBody(R"({"imdbIds":["tt0468569","tt12"]})"), 422, "invalid_id"},
    };
}

}  // namespace

TEST_CASE("a request that cannot be served is refused with its status and a problem that says why",
          "[refusals]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    for (const Refusal& refusal : refusals()) {
        INFO(refusal.what << " on " << database);
        const HttpResponse response = ask(stack.http(), refusal.request);
        INFO(response.body());
        CHECK(response.status() == refusal.status);
        REQUIRE(response.header("content-type") == "application/problem+json");
        CHECK(response.complete());
        const auto problem = parseObject(response.body());
        CHECK(problem->getValue<int>("status") == refusal.status);
        CHECK(problem->getValue<std::string>("error") == refusal.error);
        CHECK(problem->getValue<std::string>("type") == "urn:rtbatch:problem:" + std::string(refusal.error));
        CHECK_FALSE(problem->getValue<std::string>("title").empty());
        CHECK_FALSE(problem->getValue<std::string>("detail").empty());
        CHECK(response.header("allow").has_value() == (refusal.status == 405));
    }
    // None of them reached an upstream.
    CHECK(stack.upstreams().counts(Site::wikidata).requests == 0);
    CHECK(stack.upstreams().counts(Site::rt).requests == 0);
}

TEST_CASE("405 names the method that is allowed", "[refusals]") {
    Stack stack;
    CHECK(ask(stack.http(), at("GET", kBatch)).header("allow") == "POST");
    CHECK(ask(stack.http(), at("PUT", "/api/v1/admin/keys")).header("allow") == "GET, HEAD, POST");
    CHECK(ask(stack.http(), at("DELETE", "/api/v1/health")).header("allow") == "GET, HEAD");
}

TEST_CASE("a refusal names all malformed ids as they were sent", "[refusals]") {
    Stack stack;
    const HttpResponse response =
        ask(stack.http(),
            withBody(R"({"imdbIds":["tt0468569","tt12","nm0000138","","tt123456789","TT0468569 "]})"));
    CHECK(response.status() == 422);
    const auto invalid = parseObject(response.body())->getArray("invalid");
    REQUIRE(invalid);
    std::vector<std::string> names;
    for (const auto& name : *invalid) {
        names.push_back(name.convert<std::string>());
    }
    CHECK(names == std::vector<std::string>{"tt12", "nm0000138", "", "tt123456789", "TT0468569 "});
}

TEST_CASE("a lenient request gets an invalid_id for each malformed id and the others are served",
          "[refusals]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::string prefer = GENERATE("handling=lenient", "respond-async, handling=lenient");
    const std::vector<std::string> ids = {madeUpMovie(1), "tt12", "<b>&\xc3\xa9\xe2\x80\xa8", madeUpMovie(2)};

    const HttpResponse response = ask(stack.http(), batchOf(ids, {{"Prefer", prefer}}));
    checkWhole(response, ids);
    CHECK(verdictOf(response, ids[0]) == "movie fetched");
    CHECK(verdictOf(response, ids[1]) == "error invalid_id");
    CHECK(verdictOf(response, ids[2]) == "error invalid_id");
    CHECK(verdictOf(response, ids[3]) == "movie fetched");
}

TEST_CASE("a lenient request with malformed ids only is a stream of errors", "[refusals]") {
    Stack stack;
    const std::vector<std::string> ids = {"x", "y", "x"};
    const HttpResponse response = ask(stack.http(), batchOf(ids, {{"Prefer", "handling=lenient"}}));
    checkWhole(response, ids);
    CHECK(doneOf(response) == Done{.total = 2, .cached = 0, .fetched = 0, .errors = 2, .stale = 0});
}

TEST_CASE("leniency does not excuse a body that is wrong in another way", "[refusals]") {
    Stack stack;
    HttpRequest request = withBody(manyIds(51));
    request.headers["Prefer"] = "handling=lenient";
    CHECK(ask(stack.http(), request).status() == 422);
    request.body = "[";
    CHECK(ask(stack.http(), request).status() == 400);
}

TEST_CASE("health and ready need no key", "[refusals]") {
    Stack stack;
    const HttpResponse health = ask(stack.http(), {.path = "/api/v1/health"});
    CHECK(health.status() == 200);
    CHECK(parseObject(health.body())->getValue<std::string>("status") == "healthy");
    CHECK_FALSE(parseObject(health.body())->getValue<std::string>("version").empty());
    CHECK(ask(stack.http(), {.path = "/api/v1/ready"}).status() == 200);
}

TEST_CASE("without auth.required nobody needs a key", "[refusals]") {
    Stack stack({.settings = {{"auth.required", "false"}}});
    HttpRequest request = batchOf(std::vector<std::string>{madeUpMovie(1)});
    request.headers.erase("X-API-Key");
    CHECK(ask(stack.http(), request).status() == 200);
}

TEST_CASE("a body in chunks, and a media type with a parameter, are understood", "[refusals]") {
    Stack stack;
    HttpRequest request = with("Content-Type", "application/json; charset=utf-8");
    request.headers["Transfer-Encoding"] = "chunked";
    const std::string body = R"({"imdbIds":["tt9000001"]})";
    request.body = "8\r\n" + body.substr(0, 8) + "\r\n" + "11\r\n" + body.substr(8) + "\r\n0\r\n\r\n";
    REQUIRE(body.size() == 8 + 0x11);
    checkWhole(ask(stack.http(), request), std::vector<std::string>{"tt9000001"});
}
