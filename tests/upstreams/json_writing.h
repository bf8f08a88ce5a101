#pragma once

#include <string>
#include <string_view>

namespace rtbatch::standin {

/// `text` as a JSON string the way both sites write it: UTF-8 as it is, only what must be escaped escaped.
inline std::string jsonString(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace rtbatch::standin
