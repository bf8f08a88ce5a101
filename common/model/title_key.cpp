#include "common/model/title_key.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "common/model/html_entities.h"

namespace rtbatch {

namespace {

using CodePoint = utf8proc_int32_t;
using CodePoints = std::vector<CodePoint>;

/// The code points of UTF-8; nothing when it is broken.
std::optional<CodePoints> codePoints(std::string_view text) {
    CodePoints out;
    while (!text.empty()) {
        CodePoint one = 0;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &one);
        if (length <= 0) {
            return std::nullopt;
        }
        out.push_back(one);
        text.remove_prefix(static_cast<std::size_t>(length));
    }
    return out;
}

void append(std::string& out, CodePoint one) {
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(one, bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool isFraction(CodePoint one) {
    return (one >= 0xBC && one <= 0xBE) || (one >= 0x2150 && one <= 0x215F) || one == 0x2189;
}

/// (c), (r), SM and TM: no part of a name, and normalisation would make letters of them.
bool isLegalMark(CodePoint one) {
    return one == 0xA9 || one == 0xAE || one == 0x2120 || one == 0x2122;
}

/// Latin letters with a stroke, and ligatures, have no decomposition.
std::string_view withoutStroke(CodePoint one) {
    switch (one) {
        case 0xE6:
            return "ae";
        case 0xF0:
        case 0x111:
            return "d";
        case 0xF8:
            return "o";
        case 0x131:
            return "i";
        case 0x142:
            return "l";
        case 0x153:
            return "oe";
        default:
            return {};
    }
}

/// What has a meaning that normalisation would lose, made plain before it.
std::string prepared(const CodePoints& title) {
    std::string out;
    for (const CodePoint one : title) {
        if (isLegalMark(one)) {
            continue;
        }
        if (one == '&') {
            out += " and ";
            continue;
        }
        if (isFraction(one)) {
            out += ' ';  // "8½" is "8 1/2", not "81/2"
        }
        append(out, one);
        if (isFraction(one)) {
            out += ' ';
        }
    }
    return out;
}

/// Decomposed, with case folded and without invisible characters; nothing when that fails.
std::optional<CodePoints> normalised(const std::string& text) {
    constexpr auto kOptions = static_cast<utf8proc_option_t>(
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &mapped, kOptions);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    if (length < 0) {
        return std::nullopt;
    }
    return codePoints({reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)});
}

bool isIgnored(CodePoint one) {
    const auto category = utf8proc_category(one);
    return (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) ||
           category == UTF8PROC_CATEGORY_SK || category >= UTF8PROC_CATEGORY_ZS ||
           one == 0x2044;  // the slash of a fraction
}

bool isDigit(CodePoint one) {
    return one >= '0' && one <= '9';
}

bool isDiacritic(CodePoint one) {
    return one >= 0x300 && one <= 0x36F;
}

/// "20,000 Leagues" is "20000 Leagues".
bool isThousandsComma(const CodePoints& text, std::size_t at) {
    const auto digitAt = [&text](std::size_t i) { return i < text.size() && isDigit(text[i]); };
    return text[at] == ',' && at > 0 && digitAt(at - 1) && digitAt(at + 1) && digitAt(at + 2) &&
           digitAt(at + 3) && !digitAt(at + 4);
}

std::string reduced(const CodePoints& text) {
    std::string out;
    CodePoint last = 0;    // that was kept
    bool between = false;  // something was left out since
    for (std::size_t i = 0; i < text.size(); ++i) {
        const CodePoint one = text[i];
        const bool latin = last >= 'a' && last <= 'z';
        if (isIgnored(one) || (isDiacritic(one) && latin)) {
            between = between || !isThousandsComma(text, i);
            continue;
        }
        if (between && isDigit(last) && isDigit(one)) {
            out += '.';
        }
        between = false;
        if (const auto plain = withoutStroke(one); !plain.empty()) {
            out += plain;
            last = static_cast<unsigned char>(plain.back());
        } else {
            append(out, one);
            last = one;
        }
    }
    return out;
}

std::string utf8Of(const CodePoints& text) {
    std::string out;
    for (const CodePoint one : text) {
        if (utf8proc_category(one) < UTF8PROC_CATEGORY_ZS) {
            append(out, one);
        }
    }
    return out;
}

}  // namespace

std::string titleKey(std::string_view title) {
    const auto characters = codePoints(decodeEntities(title));
    const auto plain = characters ? normalised(prepared(*characters)) : std::nullopt;
    if (!plain) {
        return std::string(title);
    }
    std::string key = reduced(*plain);
    return key.empty() ? utf8Of(*plain) : key;
}

}  // namespace rtbatch
