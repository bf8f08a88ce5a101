#pragma once

#include <optional>
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

/// Why a page was not read at all: this host cannot, for now. Says nothing of the page.
struct NotTried {
    std::string reason;
};

using Reading = std::variant<MovieFacts, Unreadable, NotTried>;

/// Reads the facts of a film or a series from its page.
class PageReader {
public:
    virtual ~PageReader() = default;

    /// Never wrong: either the facts as the page gives them, or unreadable, or not tried. Blocks, at most to
    /// `deadline` and as long as check() takes.
    virtual Reading read(std::string_view html, Deadline deadline) = 0;

    /// Whether pages can be read here at all: nothing, or why not.
    virtual std::optional<std::string> check() = 0;
};

}  // namespace rtbatch
