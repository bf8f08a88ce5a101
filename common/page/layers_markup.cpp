#include <Poco/String.h>

#include <algorithm>
#include <array>

#include "common/page/dates.h"
#include "common/page/layers.h"
#include "common/page/page_address.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::string_view kSiteSuffix = " | Rotten Tomatoes";

std::optional<std::string> meta(const Document& page, std::string_view property) {
    for (const auto element : page.named("meta")) {
        if (page.attribute(element, "property") == property) {
            return page.attribute(element, "content");
        }
    }
    return std::nullopt;
}

/// Whether the attribute, a list of words, has `word`.
bool hasWord(const std::optional<std::string>& words, std::string_view word) {
    return words && (' ' + Poco::toLower(foldWhiteSpace(*words)) + ' ').find(' ' + std::string(word) + ' ') !=
                        std::string::npos;
}

/// What the canonical link and og:url say of the page's address; all of them, for some pages have several.
Claim<std::string> addressInHead(const Document& page) {
    Claim<std::string> address;
    for (const auto link : page.named("link")) {
        if (hasWord(page.attribute(link, "rel"), "canonical")) {
            address = samePage(address, pageClaim(page.attribute(link, "href").value_or("")));
        }
    }
    for (const auto element : page.named("meta")) {
        if (page.attribute(element, "property") == "og:url" || page.attribute(element, "name") == "og:url") {
            address = samePage(address, pageClaim(page.attribute(element, "content").value_or("")));
        }
    }
    return address;
}

}  // namespace

std::optional<int> parseScore(std::string_view text) {
    const auto value = text.size() <= 3 ? parseDigits(text) : std::nullopt;
    return value && *value <= 100 ? value : std::nullopt;
}

Claim<int> yearClaim(std::string_view digits, std::string_view said) {
    if (said.empty()) {
        return {};
    }
    const auto year = digits.size() == 4 ? parseDigits(digits) : std::nullopt;
    return year && *year >= kFirstFilmYear && *year <= kLastFilmYear
               ? Claim<int>::of(*year, std::string(said))
               : Claim<int>::bad('"' + std::string(said) + '"');
}

LayerClaims readHead(const Document& page) {
    constexpr std::array<std::string_view, 3> kFilmTypes{"video.movie", "video.tv_show", "video.episode"};
    LayerClaims claims{.layer = Layer::head};
    auto title = meta(page, "og:title");
    if (!title) {
        const auto element = page.firstNamed("title");
        title = element ? std::optional(page.text(*element)) : std::nullopt;
    }
    std::string line = foldWhiteSpace(title.value_or(""));
    if (line.ends_with(kSiteSuffix)) {
        line.resize(line.size() - kSiteSuffix.size());
        claims.present = true;
        if (!line.empty()) {
            claims.title = Claim<std::string>::of(line, line);
        }
    }
    const auto type = meta(page, "og:type");
    claims.filmPage = type && std::find(kFilmTypes.begin(), kFilmTypes.end(), *type) != kFilmTypes.end();
    claims.page = addressInHead(page);
    return claims;
}

}  // namespace rtbatch
