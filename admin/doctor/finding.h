#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace rtbatch {

/// What a look at one thing brought.
enum class Result {
    good,
    bad,
    unknown,  ///< could not be looked at, or concerns nobody here
};

/// One check of an installation, in words for the operator.
struct Finding {
    std::string check;  ///< its name, the same in every run: `nginx buffering`
    Result result = Result::unknown;
    std::string said;      ///< what was seen, without secrets
    std::string doThis{};  ///< what to do; may be empty unless the result is bad
};

/// Whether none is bad.
bool isAllWell(std::span<const Finding> findings);

/// One line a check, and under it what to do.
void writeText(std::ostream& out, std::span<const Finding> findings);

/// `{"healthy":true,"checks":[{"check","result","said","do"}]}` in one line; result is good, bad or unknown.
void writeJson(std::ostream& out, std::span<const Finding> findings);

}  // namespace rtbatch
