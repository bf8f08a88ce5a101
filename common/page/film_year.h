#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/page/claims.h"
#include "common/page/explanation.h"

namespace rtbatch {

/// What speaks of a film's year. A layer that names another film is silent here.
struct YearSources {
    Claim<int> watch{};          ///< releaseYear of where-to-watch
    Claim<int> suffix{};         ///< "Arrival (2016)", where the site tells films apart by it
    Claim<int> hero{};           ///< the year in the hero
    Claim<int> mps{};            ///< the release in mpscall
    Claim<int> ld{};             ///< dateCreated of JSON-LD
    Claim<int> slug{};           ///< `m/arrival_2016`
    bool releaseIsRead = false;  ///< mpscall is there and whole, so that its silence means something
    bool series = false;         ///< the page of a series, a season or an episode
};

struct FilmYear {
    std::optional<int> year = std::nullopt;
    std::vector<Explanation::Line> lines{};
};

/// The film's own year, or none; never a guess.
///
/// mpscall and JSON-LD name a release in the United States: a year late for a film of festivals, forty for a
/// restored one ("Angel's Egg (1985)": Nov 19, 2025), or a streaming. The hero's year is mostly that of the
/// same release ("2046", of 2004: 2005 in both), so:
/// - where-to-watch, the title's suffix, and a hero that names another year than the release, an earlier one,
///   speak of the film; they must agree, but that the hero may be a year late, and none may be later than a
///   release;
/// - without these, a year in the page's address that the hero or a release confirms;
/// - of a series, whose first broadcast is no re-release, the release that mpscall and JSON-LD agree on;
/// - a source of the first kind that is not understood leaves the year unknown: it may have said another.
FilmYear filmYear(const YearSources& sources);

}  // namespace rtbatch
