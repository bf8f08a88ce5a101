#pragma once

#include <chrono>
#include <optional>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// How long rows are believed; the settings cache.ttl_hours and cache.new_ttl_hours.
struct LifetimeRules {
    std::chrono::hours ttl{168};
    std::chrono::hours newTtl{24};
};

/// What a row's lifetime depends on.
struct LifetimeFacts {
    std::optional<int> year = std::nullopt;
    std::optional<std::chrono::sys_days> released = std::nullopt;  ///< the latest release that the page names
    int unchanged = 0;     ///< scrapes in a row, up to this one, that found the scores of the one before
    bool suspect = false;  ///< the page lacks a fact that the row has
};

/// Which of the rules below gives a row its lifetime.
enum class LifetimeRule { suspect, recent, unchanged, usual };
LifetimeRule lifetimeRuleOf(const LifetimeFacts& facts, Timestamp scrapedAt);

/// For how long a row is fresh that is scraped at `time`, before it is spread:
/// - suspect: a day, to see whether the gap stays;
/// - a film of this year or later, or released in the last 90 days or yet to be: newTtl;
/// - a film over two years old whose scores did not change at the last two scrapes: twice as long each time,
///   to 30 days at most (ttl, where that alone may be more), with what the spreading adds;
/// - else ttl.
std::chrono::milliseconds meanLifetime(const LifetimeRules& rules, const LifetimeFacts& facts,
                                       Timestamp time);

/// The same, spread by up to 10 % to either side (a suspect row only upwards) by `id` and `scrapedAt`, so
/// that rows that were scraped together do not expire together.
std::chrono::milliseconds lifetimeOf(const LifetimeRules& rules, const ImdbId& id, const LifetimeFacts& facts,
                                     Timestamp scrapedAt);

/// `lifetime` spread in the same way, for other things that are remembered together.
std::chrono::milliseconds spreadLifetime(std::chrono::milliseconds lifetime, const ImdbId& id,
                                         Timestamp since);

}  // namespace rtbatch
