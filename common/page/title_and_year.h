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
/// site adds it to tell films apart, it is the film's year. What layers name is compared by matchTitles();
/// one that names another film, a sequel in where-to-watch, lends neither title nor year. The year: see
/// filmYear().
TitleAndYear titleAndYear(const NamingLayers& layers);

}  // namespace rtbatch
