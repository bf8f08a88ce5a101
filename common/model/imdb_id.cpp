#include "common/model/imdb_id.h"

namespace rtbatch {

std::optional<ImdbId> ImdbId::parse(std::string_view text) {
    constexpr std::size_t kShort = 9;
    if (text.size() < kShort || text.size() > kShort + 1 || (text.size() > kShort && text[2] == '0')) {
        return std::nullopt;
    }
    ImdbId id;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i < 2) {
            if (c != 't' && c != 'T') {
                return std::nullopt;
            }
            id._text[i] = 't';
        } else {
            if (c < '0' || c > '9') {
                return std::nullopt;
            }
            id._text[i] = c;
        }
    }
    id._length = static_cast<std::uint8_t>(text.size());
    return id;
}

std::string_view ImdbId::whyNot(std::string_view text) {
    const bool leadingZero = text.size() == 10 && text[2] == '0' && parse(std::string(text).erase(2, 1));
    return leadingZero ? "An IMDb id of 8 digits never begins with 0."
                       : "An IMDb id is tt and 7 or 8 digits.";
}

const ImdbId& ImdbId::ofNoFilm() {
    static const ImdbId id = parse("tt0000000").value();
    return id;
}

}  // namespace rtbatch
