#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "bench/answer.h"

namespace rtbatch::bench {

using Check = std::function<std::optional<std::string>(std::size_t request, const Answer&)>;

/// Holds an answer to the wire's rules and to these counts.
struct Expected {
    std::size_t movies = 0;
    std::size_t errors = 0;
};
Check completeBatch(Expected expected);

/// Like completeBatch for the first answer; the others must be the same to the byte, which costs next to
/// nothing. For one request only.
Check sameCompleteBatch(Expected expected);

}  // namespace rtbatch::bench
