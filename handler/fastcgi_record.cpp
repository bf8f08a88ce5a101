#include "handler/fastcgi_record.h"

#include <algorithm>

namespace rtbatch {

namespace {

std::uint8_t byteAt(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

/// One byte, or four with the highest bit set.
std::optional<std::size_t> takeLength(std::string_view& pairs) {
    constexpr std::uint8_t kLong = 0x80;
    if (pairs.empty()) {
        return std::nullopt;
    }
    const bool isLong = (byteAt(pairs, 0) & kLong) != 0;
    const std::size_t size = isLong ? 4 : 1;
    if (pairs.size() < size) {
        return std::nullopt;
    }
    std::size_t length = byteAt(pairs, 0) & static_cast<std::uint8_t>(~kLong);
    for (std::size_t i = 1; i < size; ++i) {
        length = length << 8 | byteAt(pairs, i);
    }
    pairs.remove_prefix(size);
    return length;
}

}  // namespace

std::array<char, kFastCgiHeadSize> fastCgiHead(FastCgiType type, std::uint16_t request,
                                               std::size_t contentSize) {
    const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFF); };
    return {static_cast<char>(kFastCgiVersion),
            static_cast<char>(type),
            byte(request >> 8U),
            byte(request),
            byte(contentSize >> 8),
            byte(contentSize),
            0,
            0};
}

std::string fastCgiRecord(FastCgiType type, std::uint16_t request, std::string_view content) {
    const auto head = fastCgiHead(type, request, content.size());
    return std::string(head.data(), head.size()).append(content);
}

std::array<char, 2 * kFastCgiHeadSize> fastCgiEndRecord(std::uint16_t request, FastCgiEnd how) {
    std::array<char, 2 * kFastCgiHeadSize> record{};
    std::ranges::copy(fastCgiHead(FastCgiType::endRequest, request, kFastCgiHeadSize), record.begin());
    constexpr std::size_t kHow = kFastCgiHeadSize + 4;  // after the program's exit status
    record[kHow] = static_cast<char>(how);
    return record;
}

std::optional<std::pair<std::string_view, std::string_view>> takeFastCgiPair(std::string_view& pairs) {
    const auto nameSize = takeLength(pairs);
    const auto valueSize = nameSize ? takeLength(pairs) : std::nullopt;
    if (!valueSize || *nameSize > pairs.size() || *valueSize > pairs.size() - *nameSize) {
        return std::nullopt;
    }
    const std::pair pair(pairs.substr(0, *nameSize), pairs.substr(*nameSize, *valueSize));
    pairs.remove_prefix(*nameSize + *valueSize);
    return pair;
}

}  // namespace rtbatch
