#include "admin/text.h"

#include <algorithm>

namespace rtbatch {

namespace {

/// Characters of UTF-8: bytes that continue none.
std::size_t widthOf(const std::string& cell) {
    return static_cast<std::size_t>(
        std::ranges::count_if(cell, [](unsigned char byte) { return (byte & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string timeText(Timestamp time) {
    std::string text = toRfc3339(time);
    text.replace(text.find('T'), 1, " ");
    return text.substr(0, text.find('.')) + "Z";
}

std::string spanText(std::chrono::milliseconds span) {
    using namespace std::chrono;
    if (span >= days(2)) {
        return std::to_string(floor<days>(span).count()) + " days";
    }
    if (span >= hours(2)) {
        return std::to_string(floor<hours>(span).count()) + " h";
    }
    if (span >= minutes(2)) {
        return std::to_string(floor<minutes>(span).count()) + " min";
    }
    return std::to_string(floor<seconds>(span).count()) + " s";
}

std::string relativeText(Timestamp time, Timestamp now) {
    return time <= now ? spanText(now - time) + " ago" : "in " + spanText(time - now);
}

std::string tableText(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], widthOf(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - widthOf(row[i]), ' ');
            out += i == 0 ? row[i] + padding : "  " + padding + row[i];
        }
        out += '\n';
    }
    return out;
}

}  // namespace rtbatch
