#include "tests/e2e/batch_view.h"

#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <stdexcept>

namespace rtbatch::test {
namespace {

const std::vector<std::string> kMovieFields = {
    "imdbId",        "status",       "rtUrl",          "title",     "year",    "criticScore",
    "audienceScore", "criticRating", "audienceRating", "consensus", "cachedAt"};

/// The names of the members in the order in which the text has them.
std::vector<std::string> namesOf(const Poco::JSON::Object& object) {
    return object.getNames();
}

void checkMovie(const Outcome& movie) {
    CHECK(namesOf(*movie.fields) == kMovieFields);
    CHECK((movie.code == "cached" || movie.code == "fetched" || movie.code == "stale"));
    CHECK_THAT(movie.fields->getValue<std::string>("rtUrl"),
               Catch::StartsWith("https://www.rottentomatoes.com/"));
    CHECK_THAT(movie.fields->getValue<std::string>("cachedAt"),
               Catch::Matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"));
}

void checkError(const Outcome& error) {
    const std::vector<std::string> names = namesOf(*error.fields);
    const std::vector<std::string> first(names.begin(), names.begin() + std::min<long>(3, std::ssize(names)));
    CHECK(first == std::vector<std::string>{"imdbId", "error", "message"});
    CHECK_FALSE(error.fields->getValue<std::string>("message").empty());
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Done& done) {
    return out << "{total " << done.total << ", cached " << done.cached << ", fetched " << done.fetched
               << ", errors " << done.errors << ", stale " << done.stale << '}';
}

Poco::JSON::Object::Ptr parseObject(const std::string& json) {
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));  // true: the order is kept
    return parser.parse(json).extract<Poco::JSON::Object::Ptr>();
}

std::vector<Outcome> outcomesOf(const HttpResponse& response) {
    std::vector<Outcome> outcomes;
    for (const SseEvent& event : response.events()) {
        if (event.name == "movie" || event.name == "error") {
            const auto fields = parseObject(event.data);
            outcomes.push_back(
                {.event = event.name,
                 .imdbId = fields->getValue<std::string>("imdbId"),
                 .code = fields->getValue<std::string>(event.name == "movie" ? "status" : "error"),
                 .at = event.at,
                 .fields = fields});
        }
    }
    return outcomes;
}

Outcome outcomeOf(const HttpResponse& response, const std::string& imdbId) {
    std::vector<Outcome> outcomes = outcomesOf(response);
    std::erase_if(outcomes, [&](const Outcome& outcome) { return outcome.imdbId != imdbId; });
    if (outcomes.size() != 1) {
        throw std::runtime_error(imdbId + " has " + std::to_string(outcomes.size()) + " outcomes in:\n" +
                                 response.body());
    }
    return outcomes.front();
}

std::string verdictOf(const HttpResponse& response, const std::string& imdbId) {
    const Outcome outcome = outcomeOf(response, imdbId);
    return outcome.event + " " + outcome.code;
}

Done doneOf(const HttpResponse& response) {
    if (response.events().empty() || response.events().back().name != "done") {
        throw std::runtime_error("the stream has no done at its end:\n" + response.body());
    }
    const auto fields = parseObject(response.events().back().data);
    CHECK(namesOf(*fields) == std::vector<std::string>{"total", "cached", "fetched", "errors", "stale"});
    return {.total = fields->getValue<int>("total"),
            .cached = fields->getValue<int>("cached"),
            .fetched = fields->getValue<int>("fetched"),
            .errors = fields->getValue<int>("errors"),
            .stale = fields->getValue<int>("stale")};
}

void checkWhole(const HttpResponse& response, std::span<const std::string> imdbIds) {
    INFO(response.body());
    REQUIRE(response.status() == 200);
    CHECK(response.header("content-type") == "text/event-stream");
    CHECK(response.header("cache-control") == "no-cache, no-transform");
    CHECK(response.complete());
    CHECK(wireFault(response.body()) == std::nullopt);

    std::multiset<std::string> seen;
    std::map<std::string, int> codes;
    for (const Outcome& outcome : outcomesOf(response)) {
        seen.insert(outcome.imdbId);
        ++codes[outcome.event == "error" ? "error" : outcome.code];
        outcome.event == "movie" ? checkMovie(outcome) : checkError(outcome);
    }
    const std::set<std::string> asked(imdbIds.begin(), imdbIds.end());
    CHECK(seen == std::multiset<std::string>(asked.begin(), asked.end()));
    CHECK(doneOf(response) == Done{.total = static_cast<int>(asked.size()),
                                   .cached = codes["cached"] + codes["stale"],
                                   .fetched = codes["fetched"],
                                   .errors = codes["error"],
                                   .stale = codes["stale"]});
}

std::string madeUpMovie(int number) {
    return "tt" + std::to_string(9000000 + number);
}

std::vector<std::string> madeUpMovies(int first, std::size_t count) {
    std::vector<std::string> movies;
    for (int number = first; movies.size() < count; ++number) {
        if (number % 100 != 99) {
            movies.push_back(madeUpMovie(number));
        }
    }
    return movies;
}

std::string unknownMovie(int hundred) {
    return madeUpMovie(hundred * 100 + 99);
}

}  // namespace rtbatch::test
