#pragma once

#include <string_view>

namespace rtbatch {

/// What a key may be called: 1-100 printable characters, in UTF-8.
bool isKeyName(std::string_view name);

/// In words, for who wrote another: "1 to 100 printable characters".
constexpr std::string_view kKeyNameRule = "1 to 100 printable characters";

/// How many requests an hour a key may be limited to.
constexpr long long kLeastHourly = 1;
constexpr long long kMostHourly = 1'000'000'000;

}  // namespace rtbatch
