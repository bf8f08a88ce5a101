#include "common/model/imdb_id.h"

namespace rtbatch {

std::optional<ImdbId> ImdbId::parse(std::string_view text) {
    if (text.size() < 9 || text.size() > 10) {
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

const ImdbId& ImdbId::ofNoFilm() {
    static const ImdbId id = parse("tt0000000").value();
    return id;
}

}  // namespace rtbatch
