#include "common/model/json_text.h"

#include <Poco/UTF8Encoding.h>

#include <array>
#include <cstdio>
#include <utility>

namespace rtbatch {

namespace {

constexpr int kReplacement = 0xFFFD;

void appendEscape(std::string& out, unsigned unit) {
    std::array<char, 8> text{};
    const int length = std::snprintf(text.data(), text.size(), "\\u%04x", unit);
    out.append(text.data(), static_cast<std::size_t>(length));
}

void appendCodePoint(std::string& out, unsigned codePoint) {
    if (codePoint < 0x10000) {
        appendEscape(out, codePoint);
    } else {
        appendEscape(out, 0xD800 + ((codePoint - 0x10000) >> 10));
        appendEscape(out, 0xDC00 + ((codePoint - 0x10000) & 0x3FF));
    }
}

/// The code point at the front of `text`, and how many bytes it takes; U+FFFD and 1 where there is none.
std::pair<int, std::size_t> decode(std::string_view text) {
    static const Poco::UTF8Encoding utf8;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    int length = 1;
    int codePoint = utf8.queryConvert(bytes, length);
    if (codePoint < -1) {  // a sequence of that many bytes
        length = -codePoint;
        if (static_cast<std::size_t>(length) > text.size() || !Poco::UTF8Encoding::isLegal(bytes, length)) {
            return {kReplacement, 1};
        }
        codePoint = utf8.queryConvert(bytes, length);
    }
    const bool surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
    return codePoint < 0 || surrogate ? std::pair<int, std::size_t>(kReplacement, 1)
                                      : std::pair<int, std::size_t>(codePoint, length);
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        std::size_t used = 1;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c >= 0x20 && c < 0x7F) {
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x80) {
            appendEscape(out, static_cast<unsigned char>(c));
        } else {
            const auto [codePoint, length] = decode(text);
            appendCodePoint(out, static_cast<unsigned>(codePoint));
            used = length;
        }
        text.remove_prefix(used);
    }
    out += '"';
}

}  // namespace rtbatch
