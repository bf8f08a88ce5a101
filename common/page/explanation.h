#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/page/page_reader.h"

namespace rtbatch {

/// Where each fact of a reading came from, and what the page's other layers said.
struct Explanation {
    struct Line {
        std::string fact;   ///< "title", "year", "criticScore", "audienceScore", "certified", "consensus",
                            ///< "released" or "page"
        std::string layer;  ///< layerName()
        std::string said;   ///< in the page's words, one line
        bool used = false;  ///< the fact was taken from here
    };

    std::vector<Line> lines{};
    std::vector<std::string> notes{};    ///< about whole layers: missing, broken
    std::vector<std::string> without{};  ///< layerName() of those that are missing or broken

    /// The layer that each fact was taken from, also when it says that there is none: what metrics count.
    std::map<std::string, std::string> from() const;
};

/// For a person, several lines.
std::string renderExplanation(const Reading& reading, const Explanation& explanation);

}  // namespace rtbatch
