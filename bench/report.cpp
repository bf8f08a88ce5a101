#include "bench/report.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace rtbatch::bench {

namespace {

void goal(const std::string& text, const std::string& value, bool kept, const std::string& unit) {
    std::cout << "  goal: " << text << (unit.empty() ? "" : " ") << unit << ": " << value << " "
              << (kept ? "(kept)" : "(MISSED)") << std::endl;
    INFO("missed: " << text);
    CHECK(kept);
}

}  // namespace

std::string number(double value, int digits) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(digits) << value;
    return out.str();
}

void printTable(const std::string& title, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::cout << '\n' << title << '\n';
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::cout << "  " << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(widths[i]))
                      << row[i];
        }
        std::cout << '\n';
    }
    std::cout << std::flush;
}

void goalAtMost(const std::string& what, double value, double most, const std::string& unit, int digits) {
    goal(what + " at most " + number(most, digits), number(value, digits), value <= most, unit);
}

void goalAtLeast(const std::string& what, double value, double least, const std::string& unit, int digits) {
    goal(what + " at least " + number(least, digits), number(value, digits), value >= least, unit);
}

}  // namespace rtbatch::bench
