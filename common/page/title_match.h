#pragma once

#include <string_view>

namespace rtbatch {

/// What two titles are to each other. A trailing ` (YYYY)` in one of them does not matter.
enum class TitleMatch {
    same,
    longForm,   ///< "Birdman" and "Birdman or (The Unexpected Virtue of Ignorance)"
    contained,  ///< "Quiet Harbor" and "Quiet Harbor 2": a sequel, or a series and its season
    different,
};

TitleMatch matchTitles(std::string_view a, std::string_view b);

}  // namespace rtbatch
