#include "handler/batch_request.h"
#include "handler/json_body.h"

#include <catch2/catch.hpp>

#include "handler/response.h"

using namespace rtbatch;

namespace {

/// The refusal as the client sees it.
std::string refusal(const std::string& body, bool lenient = false) {
    try {
        parseBatch(body, 3, lenient);
    } catch (const Problem& problem) {
        return std::to_string(problem.response().status) + " " + problem.response().body;
    }
    return "accepted";
}

std::vector<std::string> texts(const std::vector<ImdbId>& ids) {
    std::vector<std::string> all;
    for (const ImdbId& id : ids) {
        all.push_back(id.string());
    }
    return all;
}

}  // namespace

TEST_CASE("ids are lower-cased, and distinct in the order asked") {
    const auto request =
        parseBatch(R"({"imdbIds":["tt0000002","TT0000001","tt0000002","tt0000001"]})", 3, false);
    CHECK(texts(request.ids) == std::vector<std::string>{"tt0000002", "tt0000001"});
    CHECK(request.invalid.empty());
}

TEST_CASE("a body that is no JSON object or array is a 400") {
    for (const auto* body :
         {"", "null", "7", "tt0468569", "{", R"({"imdbIds":["tt0468569"])", R"({"imdbIds":["tt0468569"]} x)",
          R"({"imdbIds":["tt0468569"]}{})", R"({"imdbIds":[99999999999999999999999]})",
          R"({'imdbIds':['tt0468569']})", "\xff\xfe"}) {
        INFO(body);
        CHECK_THAT(refusal(body), Catch::StartsWith("400 ") && Catch::Contains(R"("error":"invalid_json")"));
    }
    CHECK_THAT(refusal(std::string(1000, '[')), Catch::StartsWith("400 "));
}

TEST_CASE("JSON of another shape is a 422, which says what to send") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"(["tt0468569"])", "invalid_body"},
        {"{}", "missing_ids"},
        {R"({"imdbIds":null})", "ids_not_strings"},
        {R"({"imdbIds":"tt0468569"})", "ids_not_strings"},
        {R"({"imdbIds":{"0":"tt0468569"}})", "ids_not_strings"},
        {R"({"imdbIds":["tt0468569",7]})", "ids_not_strings"},
        {R"({"imdbIds":["tt0468569",null]})", "ids_not_strings"},
        {R"({"imdbIds":[["tt0468569"]]})", "ids_not_strings"},
        {R"({"imdbIds":[]})", "no_ids"},
        {R"({"imdbIds":["tt0000001","tt0000002","tt0000003","tt0000004"]})", "too_many_ids"},
        {R"({"imdbIds":["tt0000001","x"]})", "invalid_id"},
    };
    for (const auto& [body, error] : cases) {
        INFO(body);
        CHECK_THAT(refusal(body),
                   Catch::StartsWith("422 ") && Catch::Contains("\"error\":\"" + error + "\""));
    }
}

TEST_CASE("malformed ids are named as they came, each once") {
    CHECK_THAT(refusal(R"({"imdbIds":["tt0000001","x","nm\"1","x"]})"),
               Catch::Contains(R"("invalid":["x","nm\"1"])"));
}

TEST_CASE("in lenient mode malformed ids are kept, and counted") {
    const auto request = parseBatch(R"({"imdbIds":["x","tt0000001","y"]})", 3, true);
    CHECK(texts(request.ids) == std::vector<std::string>{"tt0000001"});
    CHECK(request.invalid == std::vector<std::string>{"x", "y"});
    CHECK_THAT(refusal(R"({"imdbIds":["x","tt0000001","y","z"]})", true), Catch::Contains("too_many_ids"));
}

TEST_CASE("repeated ids count once against the limit") {
    CHECK(refusal(R"({"imdbIds":["tt0000001","tt0000001","tt0000001","tt0000001"]})") == "accepted");
}

TEST_CASE("a body over 16 KiB is a 413, one of 16 KiB is read") {
    std::string body = R"({"imdbIds":["tt0000001"]})";
    body.insert(1, kMaxBody - body.size(), ' ');
    CHECK(refusal(body) == "accepted");
    CHECK_THAT(refusal(body + " "), Catch::StartsWith("413 "));
}

TEST_CASE("Prefer asks for lenience as RFC 7240 writes it") {
    for (const auto* yes : {"handling=lenient", "Handling = Lenient", "respond-async, handling=lenient",
                            "handling=\"lenient\"", "handling=lenient; foo=bar"}) {
        CHECK(prefersLenient(yes));
    }
    for (const auto* no : {"", "handling=strict", "lenient", "nothandling=lenient"}) {
        CHECK_FALSE(prefersLenient(no));
    }
}

TEST_CASE("only application/json is JSON") {
    for (const auto* yes : {"application/json", "Application/JSON", "application/json; charset=utf-8"}) {
        CHECK_NOTHROW(checkJson(yes));
    }
    for (const auto* no :
         {"", "json", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "/", ";"}) {
        CHECK_THROWS_AS(checkJson(no), Problem);
    }
}

TEST_CASE("a problem has the members of RFC 9457 and a stable code") {
    const Response response =
        Problem(422, "invalid_id", "Mend \"x\".", {{"Retry-After", "5"}}, R"("invalid":[1])").response();
    CHECK(response.status == 422);
    CHECK(response.body ==
          R"({"type":"urn:rtbatch:problem:invalid_id","title":"Unprocessable Entity","status":422,)"
          R"("detail":"Mend \"x\".","error":"invalid_id","invalid":[1]})");
    CHECK(response.headers.front() ==
          std::pair<std::string, std::string>("Content-Type", "application/problem+json"));
    CHECK(response.headers.back() == std::pair<std::string, std::string>("Retry-After", "5"));
}
