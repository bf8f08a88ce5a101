#include <algorithm>
#include <array>

#include "common/page/dates.h"
#include "common/page/json_block.h"
#include "common/page/layers.h"
#include "common/page/page_address.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

using Poco::JSON::Object;

constexpr std::string_view kMpscall = "window.mpscall";

Claim<std::string> titleClaim(const Object& object, const std::string& name) {
    const auto title = jsonLine(object, name);
    return title ? Claim<std::string>::of(*title, *title) : Claim<std::string>();
}

bool isFilmType(const Object& object) {
    constexpr std::array<std::string_view, 4> kTypes{"Movie", "TVSeries", "TVSeason", "TVEpisode"};
    return std::find(kTypes.begin(), kTypes.end(), jsonMember(object, "@type").text) != kTypes.end();
}

void readFilmLd(const Object& film, LayerClaims& claims) {
    claims.filmPage = true;
    claims.title = titleClaim(film, "name");
    const JsonMember created = jsonMember(film, "dateCreated");
    claims.year = yearClaim(std::string_view(created.text).substr(0, 4), created.text);
    claims.page = pageClaim(jsonMember(film, "url").text);

    const auto rating = jsonObject(film, "aggregateRating");
    if (!rating || jsonMember(*rating, "name").text != "Tomatometer" ||
        jsonMember(*rating, "bestRating").text != "100") {
        return;
    }
    const JsonMember value = jsonMember(*rating, "ratingValue");
    const std::string said =
        value.kind == JsonMember::Kind::number ? std::to_string(value.number) : foldWhiteSpace(value.text);
    if (const auto score = parseScore(said)) {
        claims.criticScore = Claim<int>::of(*score, said);
    } else if (value.kind != JsonMember::Kind::absent && value.kind != JsonMember::Kind::null) {
        claims.criticScore = Claim<int>::bad('"' + said + '"');
    }
}

/// The JSON object at the front of `text`, braces balanced outside of strings; empty when it does not end.
std::string_view leadingObject(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return text.substr(0, i + 1);
        }
    }
    return {};
}

}  // namespace

LayerClaims readBlocks(const Document& page, Layer layer, std::string_view id,
                       const std::function<void(const Object&, LayerClaims&)>& read) {
    LayerClaims claims{.layer = layer};
    std::string first;
    for (const auto element : page.withId(id)) {
        const std::string json = foldWhiteSpace(page.text(element));
        if (claims.present) {
            if (json != first) {
                claims.broken = "the page has several, and they differ";
            }
            continue;
        }
        claims.present = true;
        first = json;
        const auto objects = parseJsonObjects(json);
        if (!objects || objects->size() != 1) {
            claims.broken = "it is not JSON";
        } else {
            read(*objects->front(), claims);
        }
    }
    return claims;
}

LayerClaims readWhereToWatch(const Document& page) {
    return readBlocks(
        page, Layer::whereToWatch, "where-to-watch-json", [](const Object& block, LayerClaims& claims) {
            claims.title = titleClaim(block, "title");
            const JsonMember year = jsonMember(block, "releaseYear");
            const std::string said = year.kind == JsonMember::Kind::number ? std::to_string(year.number)
                                                                           : foldWhiteSpace(year.text);
            claims.year = yearClaim(said, said);
        });
}

LayerClaims readMediaHero(const Document& page) {
    return readBlocks(page, Layer::mediaHero, "media-hero-json",
                      [](const Object& block, LayerClaims& claims) {
                          const auto content = jsonObject(block, "content");
                          claims.title = content ? titleClaim(*content, "title") : titleClaim(block, "h1");
                      });
}

LayerClaims readJsonLd(const Document& page) {
    LayerClaims claims{.layer = Layer::jsonLd};
    for (const auto script : page.named("script")) {
        if (page.attribute(script, "type") != "application/ld+json") {
            continue;
        }
        const auto objects = parseJsonObjects(page.text(script));
        if (!objects) {
            claims.present = true;
            claims.broken = "it is not JSON";
            continue;
        }
        for (const auto& object : *objects) {
            if (!isFilmType(*object)) {
                continue;
            }
            LayerClaims film{.layer = Layer::jsonLd, .present = true, .broken = claims.broken};
            readFilmLd(*object, film);
            if (claims.filmPage && !film.title.agrees(claims.title)) {
                film.broken = "it describes several films";
            }
            claims = film;
        }
    }
    return claims;
}

LayerClaims readMpscall(const Document& page) {
    LayerClaims claims{.layer = Layer::mpscall};
    for (const auto script : page.withId("mps-page-integration")) {
        const std::string code = page.text(script);
        const std::size_t at = code.find(kMpscall);
        const std::size_t brace = at == std::string::npos ? at : code.find('{', at);
        if (brace == std::string::npos) {
            continue;
        }
        claims.present = true;
        const auto objects = parseJsonObjects(leadingObject(std::string_view(code).substr(brace)));
        if (!objects) {
            claims.broken = "it is not JSON";
            return claims;
        }
        // Its scores are wrong since 2024 ("rotten" for a certified film): only these are read.
        const Object& call = *objects->front();
        claims.title = titleClaim(call, "cag[movieshow]");
        const std::string release = foldWhiteSpace(jsonMember(call, "cag[release]").text);
        const std::size_t length = std::min<std::size_t>(release.size(), 4);
        claims.year = yearClaim(std::string_view(release).substr(release.size() - length), release);
        if (const auto day = parseSiteDate(release)) {  // a year alone on some pages: silent then
            claims.released = Claim<std::chrono::sys_days>::of(*day, release);
        }
        const std::string category = jsonMember(call, "cat").text;
        claims.filmPage = category == "movie|movie_page" || category.starts_with("tv|");
        return claims;
    }
    return claims;
}

}  // namespace rtbatch
