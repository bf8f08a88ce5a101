#pragma once

#include <istream>
#include <string>
#include <vector>

#include "common/model/imdb_id.h"

namespace rtbatch {

/// The most movies that may be marked at once: more than IMDb has films that anybody votes for.
constexpr std::size_t kMaxMarked = 1'000'000;

/// Reads IMDb ids, one a line, in their order; each only where it stands first. Blank lines are passed over,
/// and what follows a `#`. `file`: as messages call it. Throws DataError, which names the first bad lines.
std::vector<ImdbId> readIds(std::istream& in, const std::string& file);

}  // namespace rtbatch
