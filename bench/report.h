#pragma once

#include <string>
#include <vector>

namespace rtbatch::bench {

/// `value` with so many digits behind the point.
std::string number(double value, int digits = 1);

/// A small table for people, printed at once: the first row is the head, the first column stands left.
void printTable(const std::string& title, const std::vector<std::vector<std::string>>& rows);

/// Prints the goal and whether it was kept; a missed one fails the run.
void goalAtMost(const std::string& what, double value, double most, const std::string& unit, int digits = 1);
void goalAtLeast(const std::string& what, double value, double least, const std::string& unit,
                 int digits = 1);

}  // namespace rtbatch::bench
