#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// Where a movie's facts came from.
enum class MovieStatus { cached, fetched, stale };

/// What `done` counts. total = cached + fetched + errors; stale says how many of cached were stale.
struct Counts {
    int total = 0;
    int cached = 0;
    int fetched = 0;
    int errors = 0;
    int stale = 0;
};

/// The line that says "still here": a comment, and no blank line after it, at which some readers would fire.
constexpr std::string_view kHeartbeat = ":\n";

/// Renderers of the events, whole, each `event: NAME` LF `data: ONE-LINE-JSON` LF LF, ASCII only.
std::string movieEvent(const ImdbId& id, MovieStatus status, std::string_view facts, Timestamp cachedAt);
std::string errorEvent(std::string_view id, std::string_view error, std::string_view message,
                       std::optional<long> retryAfterS = std::nullopt);
std::string doneEvent(const Counts& counts);

}  // namespace rtbatch
