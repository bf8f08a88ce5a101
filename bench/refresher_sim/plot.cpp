#include "bench/refresher_sim/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

namespace rtbatch::sim {

namespace {

constexpr double kWidth = 920;
constexpr double kHeight = 424;
constexpr double kPanel = 400;  // width
constexpr double kTop = 64;
constexpr double kBottom = 300;
constexpr std::array kColours{"#8a8f98", "#c78b2d", "#4f8fc0", "#2f9e63", "#7cc79f", "#b04a9a", "#d1495b"};

std::string percent(double share) {
    std::ostringstream out;
    out.precision(share < 0.02 ? 2 : 1);
    out << std::fixed << share * 100 << " %";
    return out.str();
}

/// A round number at or above `value`, for the end of an axis.
double roundUp(double value) {
    const double unit = std::pow(10, std::floor(std::log10(std::max(value, 1e-6))));
    for (const double factor : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0}) {
        if (unit * factor >= value) {
            return unit * factor;
        }
    }
    return unit * 10;
}

void text(std::ostream& out, double x, double y, const std::string& words, const std::string& more = "") {
    out << "<text x=\"" << x << "\" y=\"" << y << "\" " << more << ">" << words << "</text>\n";
}

void panel(std::ostream& out, double left, const std::string& title, const std::vector<int>& budgets,
           const std::vector<Series>& series) {
    double most = 0;
    for (const Series& one : series) {
        most = std::max(most, *std::ranges::max_element(one.shares));
    }
    const double top = roundUp(most);
    const double right = left + kPanel;
    text(out, left, kTop - 20, title, "class=\"title\"");
    constexpr int kLines = 4;
    for (int i = 0; i <= kLines; ++i) {
        const double y = kBottom - (kBottom - kTop) * i / kLines;
        out << "<line x1=\"" << left << "\" y1=\"" << y << "\" x2=\"" << right << "\" y2=\"" << y
            << "\" class=\"grid\"/>\n";
        text(out, left - 6, y + 4, percent(top * i / kLines), "text-anchor=\"end\"");
    }
    const double group = kPanel / static_cast<double>(budgets.size());
    const double bar = group * 0.8 / static_cast<double>(series.size());
    for (std::size_t b = 0; b < budgets.size(); ++b) {
        const double from = left + group * (static_cast<double>(b) + 0.1);
        for (std::size_t s = 0; s < series.size(); ++s) {
            const double share = series[s].shares[b];
            const double height = (kBottom - kTop) * share / top;
            const double x = from + bar * static_cast<double>(s);
            out << "<rect x=\"" << x << "\" y=\"" << kBottom - height << "\" width=\"" << bar - 2
                << "\" height=\"" << height << "\" fill=\"" << kColours[s % kColours.size()] << "\"><title>"
                << series[s].name << ": " << percent(share) << "</title></rect>\n";
            if (!series[s].feet.empty()) {
                const double foot = (kBottom - kTop) * series[s].feet[b] / top;
                out << "<rect x=\"" << x << "\" y=\"" << kBottom - foot << "\" width=\"" << bar - 2
                    << "\" height=\"" << foot
                    << "\" fill=\"#111\" stroke=\"#fff\" stroke-width=\".5\"><title>" << series[s].name
                    << ", all with max-stale: " << percent(series[s].feet[b]) << "</title></rect>\n";
            }
            text(out, x + bar / 2 - 1, kBottom - height - 3,
                 percent(share).substr(0, percent(share).size() - 2),
                 "text-anchor=\"middle\" class=\"value\"");
        }
        text(out, from + group * 0.4, kBottom + 18, std::to_string(budgets[b]), "text-anchor=\"middle\"");
    }
    text(out, left + kPanel / 2, kBottom + 36, "pages a day", "text-anchor=\"middle\"");
}

}  // namespace

std::string plot(const std::vector<int>& budgets, const std::vector<Series>& waiting,
                 const std::vector<Series>& missed, const std::string& caption) {
    std::ostringstream out;
    out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << " " << kHeight
        << "\" width=\"" << kWidth << "\" height=\"" << kHeight
        << "\" font-family=\"sans-serif\" font-size=\"12\">\n"
        << "<style>text{fill:#333}.title{font-size:15px;font-weight:bold}.value{font-size:7px}.grid{stroke:#"
           "8888;"
           "stroke-width:.5}.ground{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#"
           "16181c}}"
           "</style>\n<rect width=\"100%\" height=\"100%\" class=\"ground\"/>\n";
    panel(out, 56, "Batches that had to wait (black: with max-stale)", budgets, waiting);
    panel(out, 508, "Answers that were not cached", budgets, missed);
    constexpr std::size_t kInARow = 4;
    constexpr double kLegendWidth = 200;
    for (std::size_t s = 0; s < waiting.size(); ++s) {
        const double x = 56 + kLegendWidth * static_cast<double>(s % kInARow);
        const double y = 352 + 22 * static_cast<double>(s / kInARow);
        out << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"12\" height=\"12\" fill=\""
            << kColours[s % kColours.size()] << "\"/>\n";
        text(out, x + 18, y + 10, waiting[s].name);
    }
    text(out, 56, 412, caption);
    out << "</svg>\n";
    return out.str();
}

}  // namespace rtbatch::sim
