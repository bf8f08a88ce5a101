#pragma once

#include <string>
#include <vector>

namespace rtbatch::sim {

/// A line of the plot: a share (0 to 1) for each budget.
struct Series {
    std::string name;
    std::vector<double> shares;
};

/// One picture with two panels side by side, bars grouped by budget; as an SVG document that reads on light
/// and on dark ground.
std::string plot(const std::vector<int>& budgets, const std::vector<Series>& waiting,
                 const std::vector<Series>& missed, const std::string& caption);

}  // namespace rtbatch::sim
