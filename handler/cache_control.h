#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rtbatch {

/// What the `Cache-Control` of a request asks for (RFC 9111, 5.2.1), as far as it is heeded here.
struct CacheControl {
    bool onlyIfCached = false;  ///< nothing is to be fetched
    /// A row that expired no longer ago than this will do. Nothing: it must be fresh.
    std::optional<std::chrono::milliseconds> maxStale = std::nullopt;
};

/// Reads the header. Other directives are ignored, and so is one whose value is malformed.
CacheControl parseCacheControl(std::string_view header);

}  // namespace rtbatch
