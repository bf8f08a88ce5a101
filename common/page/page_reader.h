#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/model/deadline.h"
#include "common/model/facts.h"

namespace rtbatch {

/// Why a page gave no facts.
struct Unreadable {
    std::string reason;
};

using Reading = std::variant<MovieFacts, Unreadable>;

/// Reads the facts of a film or a series from its page.
class PageReader {
public:
    virtual ~PageReader() = default;

    /// Never wrong: either the facts as the page gives them, or unreadable. Blocks, at most to `deadline`.
    virtual Reading read(std::string_view html, Deadline deadline) = 0;
};

}  // namespace rtbatch
