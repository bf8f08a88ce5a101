#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/imdb_id.h"
#include "handler/cache_control.h"

namespace rtbatch {

/// What a batch asks for: distinct, in the order asked.
struct BatchRequest {
    std::vector<ImdbId> ids;
    std::vector<std::string> invalid;  ///< as they came; only in lenient mode
    CacheControl cacheControl{};       ///< which rows will do, and whether others are to be fetched
};

/// Reads the body of a batch. Throws Problem: 400, 413 or 422. `lenient` keeps malformed ids instead of
/// refusing.
BatchRequest parseBatch(std::string_view body, std::size_t maxIds, bool lenient);

/// Whether a Prefer header (RFC 7240) asks for `handling=lenient`.
bool prefersLenient(std::string_view prefer);

}  // namespace rtbatch
