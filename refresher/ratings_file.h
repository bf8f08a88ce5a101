#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <vector>

#include "common/model/imdb_id.h"

namespace rtbatch {

/// Reads IMDb's data set title.ratings (https://developer.imdb.com/non-commercial-datasets/), plain or gzip:
/// a header and lines of tconst, averageRating and numVotes, parted by tabs. Gives the `top` titles with the
/// most votes, the most first; of equal ones the lower id. It is read as a stream, with 16 bytes kept for
/// each of the `top`. `file`: as messages call it. Throws DataError, which names the first bad lines; for a
/// file that is cut short, too.
std::vector<ImdbId> mostVoted(std::istream& in, std::size_t top, const std::string& file);

}  // namespace rtbatch
