#include <Poco/String.h>

#include <algorithm>
#include <array>

#include "common/model/html_entities.h"
#include "common/page/dates.h"
#include "common/page/layers.h"
#include "common/page/page_address.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::string_view kSiteSuffix = " | Rotten Tomatoes";

/// The contents of all meta elements of that property.
std::vector<std::string> metas(const Document& page, std::string_view property) {
    std::vector<std::string> contents;
    for (const auto element : page.named("meta")) {
        if (page.attribute(element, "property") == property || page.attribute(element, "name") == property) {
            contents.push_back(page.attribute(element, "content").value_or(""));
        }
    }
    return contents;
}

/// The film's title in a title of the page; silent for one that is not the site's, so also the home page's.
Claim<std::string> titleInHead(std::string_view title) {
    std::string line = foldWhiteSpace(decodeEntities(title));
    if (!line.ends_with(kSiteSuffix) || line.size() == kSiteSuffix.size()) {
        return {};
    }
    line.resize(line.size() - kSiteSuffix.size());
    return Claim<std::string>::of(line, line);
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
    for (const std::string& url : metas(page, "og:url")) {
        address = samePage(address, pageClaim(url));
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
    auto titles = metas(page, "og:title");
    if (const auto element = page.firstNamed("title"); titles.empty() && element) {
        titles.push_back(page.text(*element));
    }
    for (const std::string& title : titles) {
        const auto here = titleInHead(title);
        claims.present = claims.present || foldWhiteSpace(title).ends_with(kSiteSuffix);
        if (claims.title.hasValue() && here.hasValue() && !here.agrees(claims.title)) {
            claims.broken = "it has several titles";
        }
        claims.title = claims.title.hasValue() ? claims.title : here;
    }
    const auto types = metas(page, "og:type");
    claims.filmPage = std::any_of(types.begin(), types.end(), [&](const std::string& type) {
        return std::find(kFilmTypes.begin(), kFilmTypes.end(), type) != kFilmTypes.end();
    });
    claims.page = addressInHead(page);
    return claims;
}

}  // namespace rtbatch
