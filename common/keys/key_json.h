#pragma once

#include <optional>
#include <string>

#include "common/store/key_table.h"

namespace rtbatch {

/// A key as one JSON object of ASCII characters, without a line's end. `key`: its text, which is known only
/// when it is made.
std::string keyJson(const KeyRow& row, const std::optional<std::string>& key = std::nullopt);

}  // namespace rtbatch
