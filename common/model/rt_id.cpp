#include "common/model/rt_id.h"

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

}  // namespace

std::optional<RtId> RtId::parse(std::string_view text) {
    if (text.starts_with("m/")) {
        return isHarmless(text.substr(2)) ? std::optional(RtId(text)) : std::nullopt;
    }
    if (!text.starts_with("tv/")) {
        return std::nullopt;
    }
    const std::string_view rest = text.substr(3);
    const std::size_t slash = rest.find('/');
    const bool good = slash == std::string_view::npos
                          ? isHarmless(rest)
                          : isHarmless(rest.substr(0, slash)) && isHarmless(rest.substr(slash + 1));
    return good ? std::optional(RtId(text)) : std::nullopt;
}

}  // namespace rtbatch
