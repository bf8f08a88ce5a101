#pragma once

#include <cstddef>
#include <string>

namespace rtbatch {

/// `one, one, one`: for lists whose length is known when the statement is made.
inline std::string repeated(const std::string& one, std::size_t count) {
    std::string list = one;
    for (std::size_t i = 1; i < count; ++i) {
        list += ", " + one;
    }
    return list;
}

/// `text` cut to so many bytes, for a column of that width, and not in the middle of a character of UTF-8.
inline std::string cutToWidth(const std::string& text, std::size_t width) {
    std::size_t size = text.size() < width ? text.size() : width;
    while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    return text.substr(0, size);
}

}  // namespace rtbatch
