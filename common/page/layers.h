#pragma once

#include "common/page/claims.h"
#include "common/page/document.h"

namespace rtbatch {

/// Each reads one layer of a page of the design of 2024 and after; nothing here weighs one layer against
/// another.
LayerClaims readScorecardJson(const Document& page);
LayerClaims readScorecardElement(const Document& page);
LayerClaims readWhereToWatch(const Document& page);
LayerClaims readJsonLd(const Document& page);
LayerClaims readMpscall(const Document& page);
LayerClaims readMediaHero(const Document& page);
LayerClaims readHead(const Document& page);
LayerClaims readConsensus(const Document& page);

/// A score as text: whole, 0-100, and nothing else.
std::optional<int> parseScore(std::string_view text);

/// A year that a film can have, 1870-2100.
Claim<int> yearClaim(std::string_view digits, std::string_view said);

}  // namespace rtbatch
