#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// The query for the Rotten Tomatoes ids (P1258) of `ids` (P345). Wikidata has IMDb ids in lower case and
/// compares them to the letter.
std::string rtIdQuery(std::span<const ImdbId> ids);

/// Reads the JSON reply to rtIdQuery(ids): an answer for each of `ids`. A film with several ids gets a movie
/// before a series, and the first in order of characters, so that it is the same one each time; values that
/// are no RtId are passed over. Throws RequestFault (broken) for anything but a whole and plausible reply: a
/// wrong "Wikidata knows none" would be believed for a day.
IdAnswers readRtIds(std::string_view json, std::span<const ImdbId> ids);

}  // namespace rtbatch
