#include "common/page/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace rtbatch {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

/// Soft hyphen, zero width space, byte order mark: they tell a browser where a word may break, or nothing.
constexpr std::array<std::string_view, 3> kInvisible{"\xC2\xAD", "\xE2\x80\x8B", "\xEF\xBB\xBF"};
constexpr std::size_t kYearSuffixLength = 7;  // " (1995)"

unsigned char byteAt(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

bool isContinuation(unsigned char c) {
    return (c & 0xC0U) == 0x80U;
}

/// The length of the valid UTF-8 sequence at the front of `text`, 0 where there is none.
std::size_t sequenceLength(std::string_view text) {
    const unsigned char first = byteAt(text, 0);
    if (first < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    unsigned char low = 0x80;   // the range of the second byte rules out overlong forms, surrogates and
    unsigned char high = 0xBF;  // code points beyond U+10FFFF
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    }
    if (length == 0 || text.size() < length || byteAt(text, 1) < low || byteAt(text, 1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if (!isContinuation(byteAt(text, i))) {
            return 0;
        }
    }
    return length;
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::string toValidUtf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t good = 0;  // bytes at the front that are valid and not yet copied
    while (good < text.size()) {
        const std::size_t length = text[good] == '\0' ? 0 : sequenceLength(text.substr(good));
        if (length != 0) {
            good += length;
            continue;
        }
        out += text.substr(0, good);
        out += kReplacement;
        text.remove_prefix(good + 1);
        good = 0;
    }
    out += text;
    return out;
}

std::string foldWhiteSpace(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    while (!text.empty()) {
        const auto* const invisible =
            std::find_if(kInvisible.begin(), kInvisible.end(),
                         [text](std::string_view mark) { return text.starts_with(mark); });
        if (invisible != kInvisible.end()) {
            text.remove_prefix(invisible->size());
            continue;
        }
        const bool noBreak = text.starts_with(kNoBreakSpace);
        if (noBreak || byteAt(text, 0) <= 0x20 || byteAt(text, 0) == 0x7F) {
            gap = true;
            text.remove_prefix(noBreak ? kNoBreakSpace.size() : 1);
            continue;
        }
        if (gap && !out.empty()) {
            out += ' ';
        }
        gap = false;
        out += text.front();
        text.remove_prefix(1);
    }
    return out;
}

std::size_t characterCount(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return !isContinuation(static_cast<unsigned char>(c)); }));
}

std::optional<int> parseDigits(std::string_view text) {
    if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), isDigit)) {
        return std::nullopt;
    }
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::optional<int> trailingYear(std::string_view title) {
    // The title before the suffix is at least one character: "(1995)" alone would be a title.
    if (title.size() <= kYearSuffixLength) {
        return std::nullopt;
    }
    const std::string_view suffix = title.substr(title.size() - kYearSuffixLength);
    if (!suffix.starts_with(" (") || !suffix.ends_with(')')) {
        return std::nullopt;
    }
    return parseDigits(suffix.substr(2, 4));
}

std::string_view withoutTrailingYear(std::string_view title) {
    return trailingYear(title) ? title.substr(0, title.size() - kYearSuffixLength) : title;
}

}  // namespace rtbatch
