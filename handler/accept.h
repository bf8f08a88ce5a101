#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace rtbatch {

/// Which of the `offered` media types (lower case, without parameters) an Accept header likes best (RFC
/// 9110, 12.5.1): the one of the highest weight, by the most specific range that names it; among equals the
/// one offered first. The first for an empty header; nothing when it accepts none of them. Parts that cannot
/// be understood count as if they were not there.
std::optional<std::size_t> preferredType(std::string_view accept,
                                         const std::vector<std::string_view>& offered);

}  // namespace rtbatch
