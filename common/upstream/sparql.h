#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// Of a film's several ids, whether `candidate` is to be asked for rather than `than`: a movie before a
/// series, then the first in order of bytes, so that it is the same one each time.
bool isPreferred(const RtId& candidate, const RtId& than);

/// A film has one value, rarely two; more than so many are somebody's mistake.
constexpr std::size_t kMostRtIds = 4;

/// The query for the Rotten Tomatoes ids (P1258) of `ids` (P345). Wikidata has IMDb ids in lower case and
/// compares them to the letter.
std::string rtIdQuery(std::span<const ImdbId> ids);

/// Reads the JSON reply to rtIdQuery(ids): an answer for each of `ids`, of a film with several values the
/// kMostRtIds that are preferred, in that order. Throws RequestFault (broken) for anything but a whole and
/// plausible reply: a wrong "Wikidata knows none" would be believed for a day.
IdAnswers readRtIds(std::string_view json, std::span<const ImdbId> ids);

}  // namespace rtbatch
