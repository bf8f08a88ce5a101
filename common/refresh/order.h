#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/model/demand.h"
#include "common/model/imdb_id.h"
#include "common/model/lifetime.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// A movie that the refresher may spend a page on.
struct Candidate {
    ImdbId id;
    std::optional<Timestamp> cachedAt = std::nullopt;   ///< of its row; nothing: there is no row
    std::optional<Timestamp> expiresAt = std::nullopt;  ///< of its row
    std::chrono::milliseconds lifetime{};               ///< of the row that a page now would give
    Demand demand{};
};

/// What a page for it saves: of the waits that people will have without it, how many it spares them, 0 to 1.
double worthOf(const Candidate& candidate, Timestamp now);

/// A candidate in the order in which pages are spent.
struct Ranked {
    Candidate candidate;
    double worth;
};

/// Those that are due (no row, expired, or expiring before `horizon`) and worth a page, the most worth first.
std::vector<Ranked> inOrder(const std::vector<Candidate>& candidates, Timestamp now, Timestamp horizon);

/// Why it stands where it stands, one line for a person.
std::string reasonFor(const Ranked& ranked, Timestamp now);

}  // namespace rtbatch
