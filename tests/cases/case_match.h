#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/cases/answer.h"
#include "tests/cases/case_file.h"

namespace rtbatch::test {

/// Whether the whole text is like the pattern: `***` stands for anything within a line, `{lines}` for
/// anything at all.
bool matches(std::string_view pattern, std::string_view text);

/// What came on the connection of a case.
struct Received {
    std::string bytes;
    bool closed = false;  ///< by the server, before the time was up
};

/// The answer in it, where it is a complete one.
std::optional<Answer> answerTo(const Case& wanted, const Received& received);

/// What of it is not as expected; nothing when all is.
std::optional<std::string> difference(const Case& wanted, const Received& received);

}  // namespace rtbatch::test
