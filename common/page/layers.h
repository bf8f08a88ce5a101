#pragma once

#include <Poco/JSON/Object.h>

#include <functional>
#include <vector>

#include "common/page/claims.h"
#include "common/page/document.h"

namespace rtbatch {

/// Each reads one layer of a page of the design of 2024 and after; nothing here weighs one layer against
/// another.
LayerClaims readWhereToWatch(const Document& page);
LayerClaims readJsonLd(const Document& page);
LayerClaims readMpscall(const Document& page);
LayerClaims readMediaHero(const Document& page);
LayerClaims readHead(const Document& page);
LayerClaims readConsensus(const Document& page);

/// The scorecard's JSON: script#media-scorecard-json, and any other script with an object of its shape,
/// outside of lists. Broken when two do not say the same.
LayerClaims readScorecardJson(const Document& page);

/// Each <media-scorecard> of the page.
std::vector<LayerClaims> readScorecardElements(const Document& page);

/// Which of them is the film's. Without the scorecard's JSON it is the one that has the critics' score of
/// JSON-LD; with it, where they do not all say the same, the one that agrees with it. Broken when there is no
/// such witness, or none or several agree.
LayerClaims filmsScorecard(const std::vector<LayerClaims>& elements, const LayerClaims& json,
                           const LayerClaims& ld);

/// Reads every block of that id with `read`; blocks that do not say the same make the layer broken.
LayerClaims readBlocks(const Document& page, Layer layer, std::string_view id,
                       const std::function<void(const Poco::JSON::Object&, LayerClaims&)>& read);

/// Whether two scorecards say the same of every score.
bool sayTheSame(const LayerClaims& a, const LayerClaims& b);

/// Yes or no in the ways that templates write it, an empty text for no; nothing for what is neither.
std::optional<bool> yesOrNo(std::string_view text);

/// A score as text: whole, 0-100, and nothing else.
std::optional<int> parseScore(std::string_view text);

/// A year that a film can have, 1870-2100.
Claim<int> yearClaim(std::string_view digits, std::string_view said);

}  // namespace rtbatch
