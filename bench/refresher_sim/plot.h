#pragma once

#include <string>
#include <vector>

namespace rtbatch::sim {

/// A line of the plot: a share (0 to 1) for each budget.
struct Series {
    std::string name;
    std::vector<double> shares;
    std::vector<double> feet{};  ///< the part of each that is drawn dark; may be empty
};

/// One picture with two panels side by side, bars grouped by budget, with dark feet in the left one; as an
/// SVG document that reads on light and on dark ground.
std::string plot(const std::vector<int>& budgets, const std::vector<Series>& waiting,
                 const std::vector<Series>& missed, const std::string& caption);

}  // namespace rtbatch::sim
