#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/store/key_table.h"

namespace rtbatch {

/// A key as one JSON object of ASCII characters, without a line's end. `key`: its text, which is known only
/// when it is made.
std::string keyJson(const KeyRow& row, const std::optional<std::string>& key = std::nullopt);

/// All of them as one object, `{"keys":[...]}`, with a line's end.
std::string keysJson(std::span<const KeyRow> rows);

}  // namespace rtbatch
