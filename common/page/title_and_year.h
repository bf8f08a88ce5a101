#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/page/claims.h"
#include "common/page/explanation.h"

namespace rtbatch {

/// The layers that name the film.
struct NamingLayers {
    const LayerClaims* watch;
    const LayerClaims* ld;
    const LayerClaims* head;
    const LayerClaims* hero;
    const LayerClaims* mps;
};

struct TitleAndYear {
    std::optional<std::string> unreadable = std::nullopt;  ///< why there is no title
    std::string title{};
    std::optional<int> year = std::nullopt;
    std::vector<Explanation::Line> lines{};
};

/// Title and year need each other: a trailing ` (2016)` is cut off when it is the film's year, and where the
/// site adds it to tell films apart, it is the film's year.
///
/// The year, best first: releaseYear of where-to-watch; the year of such a title; the release date in
/// mpscall; dateCreated of JSON-LD. The last two are of the release in the US, which for a restored film can
/// be forty years later ("Angel's Egg (1985)": Nov 19, 2025), and the very last may be of its streaming.
TitleAndYear titleAndYear(const NamingLayers& layers);

}  // namespace rtbatch
