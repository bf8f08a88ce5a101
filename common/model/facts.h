#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/rt_id.h"

namespace rtbatch {

/// The lowest score that is fresh for critics, and upright for the audience.
constexpr int kFreshFrom = 60;

/// What a page says about a film. A fact that the page does not give is absent, never guessed.
struct MovieFacts {
    std::string title{};                                  ///< never empty
    std::optional<int> year = std::nullopt;               ///< of release
    std::optional<int> criticScore = std::nullopt;        ///< 0-100, and 0 is a score
    std::optional<int> audienceScore = std::nullopt;      ///< 0-100
    bool certified = false;                               ///< certified fresh; does not follow from the score
    std::optional<std::string> consensus = std::nullopt;  ///< the critics' consensus as plain text
    std::optional<std::chrono::sys_days> released = std::nullopt;  ///< the release date that the page names
    std::optional<std::string> page = std::nullopt;  ///< the address that the page says it is at, "m/heat"

    friend bool operator==(const MovieFacts&, const MovieFacts&) = default;
};

/// The facts exactly as the wire and the column `facts` have them: one JSON object, ASCII, from `rtUrl` to
/// `consensus`, every field present and the unknown ones null; the release date and the page's own address
/// are for us only. The ratings are derived here: certified_fresh, fresh or rotten; upright or spilled; null
/// without a score.
std::string renderFacts(const RtId& id, const MovieFacts& facts);

/// Whether a text is what renderFacts() writes for the page of this Rotten Tomatoes id, or for any page when
/// the id is empty: a row may have been
/// edited by hand, and what goes to the wire as it stands must be what the wire promises.
bool isRenderedFacts(std::string_view facts, std::string_view rtId);

/// Reads what renderFacts() wrote; nothing for any other text.
std::optional<MovieFacts> parseFacts(const std::string& json);

}  // namespace rtbatch
