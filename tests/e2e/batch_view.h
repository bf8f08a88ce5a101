#pragma once

#include <Poco/JSON/Object.h>

#include <span>
#include <string>
#include <vector>

#include "tests/support/http_response.h"

namespace rtbatch::test {

/// A `movie` or an `error` of a stream.
struct Outcome {
    std::string event;
    std::string imdbId;
    std::string code;  ///< the `status` of a movie, the `error` of an error
    Clock::time_point at;
    Poco::JSON::Object::Ptr fields;
};

/// What `done` counts.
struct Done {
    int total = -1;
    int cached = -1;
    int fetched = -1;
    int errors = -1;
    int stale = -1;

    friend bool operator==(const Done&, const Done&) = default;
};
std::ostream& operator<<(std::ostream& out, const Done& done);

/// The outcomes in the order in which they came.
std::vector<Outcome> outcomesOf(const HttpResponse& response);

/// The one outcome of a movie. Throws when there is none, or more than one.
Outcome outcomeOf(const HttpResponse& response, const std::string& imdbId);

/// `movie cached`, `error not_found`: an outcome in two words.
std::string verdictOf(const HttpResponse& response, const std::string& imdbId);

Done doneOf(const HttpResponse& response);

Poco::JSON::Object::Ptr parseObject(const std::string& json);

/// Holds a stream to every rule that holds for all streams: status and headers, the wire, a clean end,
/// exactly one outcome for each of `imdbIds` and none for others, all fields of a movie in their order, and a
/// `done` that counts right.
void checkWhole(const HttpResponse& response, std::span<const std::string> imdbIds);

/// `count` films that the stand-in makes up, from the `first` on, without those that its Wikidata does not
/// know.
std::vector<std::string> madeUpMovies(int first, std::size_t count);

/// An id that the stand-in's Wikidata does not know.
std::string unknownMovie(int hundred);

/// The made-up film of a number.
std::string madeUpMovie(int number);

}  // namespace rtbatch::test
