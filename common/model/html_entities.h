#pragma once

#include <string>
#include <string_view>

namespace rtbatch {

/// `text` with its HTML character references as the characters that they stand for: the names of HTML 4 and
/// `&apos;`, and numbers, all with their semicolon. What is none stays ("R&B", "AT&T;"), so does a number
/// that is no character or a control character. Text that was escaped several times over is decoded as often,
/// for no title and no sentence means "&amp;".
std::string decodeEntities(std::string_view text);

}  // namespace rtbatch
