#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// Where a movie's facts came from.
enum class MovieStatus { cached, fetched, stale };

/// A movie, as it is answered.
struct MovieOutcome {
    const ImdbId& id;
    MovieStatus status;
    std::string_view facts;  ///< renderFacts()
    Timestamp cachedAt;
    Timestamp expiresAt;
    Timestamp time;  ///< when it is answered, by the clock of the other two
};

/// An id that gets no movie, and why.
struct ErrorOutcome {
    std::string_view id;     ///< as it was asked for
    std::string_view error;  ///< not_found, scrape_failed, timeout, not_cached or invalid_id
    std::string_view message;
    std::optional<long> retryAfterS = std::nullopt;  ///< when asking again may help
};

/// What `done` counts. total = cached + fetched + errors; stale says how many of cached were stale.
struct Counts {
    int total = 0;
    int cached = 0;
    int fetched = 0;
    int errors = 0;
    int stale = 0;
};

// The members of an outcome's JSON object, in the contract's order, without the braces: on one line, ASCII
// only.
void appendMembers(std::string& out, const MovieOutcome& movie);
void appendMembers(std::string& out, const ErrorOutcome& error);
void appendMembers(std::string& out, const Counts& counts);

}  // namespace rtbatch
