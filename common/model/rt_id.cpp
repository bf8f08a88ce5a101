#include "common/model/rt_id.h"

#include <Poco/String.h>

#include <algorithm>

namespace rtbatch {

namespace {

constexpr std::size_t kMaxPart = 200;

bool isHarmless(std::string_view part) {
    return !part.empty() && part.size() <= kMaxPart && std::all_of(part.begin(), part.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

/// `s01`, `e06`.
bool isNumbered(std::string_view part, char kind) {
    constexpr std::size_t kMaxDigits = 4;
    return part.size() > 1 && part.size() <= 1 + kMaxDigits && part.front() == kind &&
           part.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::optional<RtId> RtId::parse(std::string_view text) {
    if (text.starts_with("m/")) {
        return isHarmless(text.substr(2)) ? std::optional(RtId(text)) : std::nullopt;
    }
    if (!text.starts_with("tv/")) {
        return std::nullopt;
    }
    const std::string_view rest = text.substr(3);
    const std::size_t first = rest.find('/');
    const std::string_view season = first == std::string_view::npos ? "" : rest.substr(first + 1);
    const std::size_t second = season.find('/');
    const bool good = isHarmless(rest.substr(0, first)) &&
                      (first == std::string_view::npos || isHarmless(season.substr(0, second))) &&
                      (second == std::string_view::npos || (isNumbered(season.substr(0, second), 's') &&
                                                            isNumbered(season.substr(second + 1), 'e')));
    return good ? std::optional(RtId(text)) : std::nullopt;
}

bool RtId::isSamePage(const RtId& other) const {
    return Poco::icompare(_text, other._text) == 0;
}

}  // namespace rtbatch
