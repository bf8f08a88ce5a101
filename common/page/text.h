#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rtbatch {

/// `text` with each byte that is no part of valid UTF-8 (overlong forms and surrogates included) and each NUL
/// as U+FFFD, so that nothing after it meets a broken character. Old pages are not always valid UTF-8.
std::string toValidUtf8(std::string_view text);

/// One line: runs of white space, no-break spaces and control characters become one space, none at the ends;
/// soft hyphens and characters without width are left out.
std::string foldWhiteSpace(std::string_view text);

/// How many characters (code points) valid UTF-8 holds.
std::size_t characterCount(std::string_view text);

/// A whole number of at most nine digits and nothing else, or nothing.
std::optional<int> parseDigits(std::string_view text);

/// The year of a trailing ` (YYYY)`, or nothing.
std::optional<int> trailingYear(std::string_view title);

/// `title` without a trailing ` (YYYY)`, or all of it.
std::string_view withoutTrailingYear(std::string_view title);

}  // namespace rtbatch
