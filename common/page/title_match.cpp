#include "common/page/title_match.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "common/model/title_key.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

/// Whether the words in the brackets number a part: "(Part Two)", "(2)", "(The Sequel)".
bool numbersAPart(std::string_view words) {
    constexpr std::array<std::string_view, 19> kParts{
        "part", "vol", "volume", "chapter", "episode", "season", "series", "sequel",   "remake", "prequel",
        "one",  "two", "three",  "ii",      "iii",     "iv",     "v",      "reloaded", "returns"};
    std::string word;
    for (std::size_t i = 0; i <= words.size(); ++i) {
        const auto c = static_cast<unsigned char>(i < words.size() ? words[i] : ' ');
        if (std::isdigit(c) != 0) {
            return true;
        }
        if (std::isalpha(c) != 0) {
            word += static_cast<char>(std::tolower(c));
        } else if (std::find(kParts.begin(), kParts.end(), word) != kParts.end()) {
            return true;
        } else {
            word.clear();
        }
    }
    return false;
}

/// Whether `longer` is the title of that key with more of it in brackets.
bool isLongForm(std::string_view longer, const std::string& key) {
    const std::size_t open = longer.find(" (");
    if (open == std::string_view::npos || !longer.ends_with(')') || numbersAPart(longer.substr(open))) {
        return false;
    }
    std::string_view start = longer.substr(0, open);
    if (start.ends_with(" or")) {
        start.remove_suffix(3);
    }
    return titleKey(start) == key;
}

}  // namespace

TitleMatch matchTitles(std::string_view a, std::string_view b) {
    const auto yearOfA = trailingYear(a);
    const auto yearOfB = trailingYear(b);
    const std::string_view plainA = withoutTrailingYear(a);
    const std::string_view plainB = withoutTrailingYear(b);
    const std::string keyA = titleKey(plainA);
    const std::string keyB = titleKey(plainB);
    if (keyA == keyB) {
        return yearOfA && yearOfB && yearOfA != yearOfB ? TitleMatch::contained : TitleMatch::same;
    }
    if (isLongForm(plainA, keyB) || isLongForm(plainB, keyA)) {
        return TitleMatch::longForm;
    }
    return keyA.find(keyB) != std::string::npos || keyB.find(keyA) != std::string::npos
               ? TitleMatch::contained
               : TitleMatch::different;
}

}  // namespace rtbatch
