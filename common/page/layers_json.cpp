#include <Poco/JSON/Array.h>

#include <algorithm>
#include <array>

#include "common/model/html_entities.h"
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
    const auto line = jsonLine(object, name);
    const std::string title = line ? foldWhiteSpace(decodeEntities(*line)) : "";
    return title.empty() ? Claim<std::string>() : Claim<std::string>::of(title, *line);
}

/// A year, or the front of a date, as text or as a number; `other` is something that is none.
std::string yearText(const JsonMember& member) {
    switch (member.kind) {
        case JsonMember::Kind::number:
            return std::to_string(member.number);
        case JsonMember::Kind::other:
        case JsonMember::Kind::boolean:
            return "?";
        default:
            return foldWhiteSpace(member.text);
    }
}

/// The year among the properties in the hero, ["R", "2005", "2h 7m"]: a rating may come first.
Claim<int> heroYear(const Poco::JSON::Array::Ptr& properties) {
    Claim<int> year;
    for (std::size_t i = 0; !properties.isNull() && i < properties->size(); ++i) {
        const Poco::Dynamic::Var property = properties->get(static_cast<unsigned>(i));
        const bool plain = property.isString() || property.isInteger();
        const std::string said = plain ? foldWhiteSpace(toValidUtf8(property.convert<std::string>())) : "";
        const auto here = yearClaim(said, said);
        if (!here.hasValue()) {
            continue;
        }
        if (year.hasValue() && year.value != here.value) {
            return Claim<int>::bad(year.said + " and " + said);
        }
        year = here;
    }
    return year;
}

bool isFilmType(const Object& object) {
    constexpr std::array<std::string_view, 4> kTypes{"Movie", "TVSeries", "TVSeason", "TVEpisode"};
    return std::find(kTypes.begin(), kTypes.end(), jsonMember(object, "@type").text) != kTypes.end();
}

void readFilmLd(const Object& film, LayerClaims& claims) {
    claims.filmPage = true;
    claims.title = titleClaim(film, "name");
    const JsonMember created = jsonMember(film, film.has("dateCreated") ? "dateCreated" : "datePublished");
    const std::string date = yearText(created);
    claims.year = yearClaim(std::string_view(date).substr(0, 4), date);
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
    return readBlocks(page, Layer::whereToWatch, "where-to-watch-json",
                      [](const Object& block, LayerClaims& claims) {
                          claims.title = titleClaim(block, "title");
                          const std::string said = yearText(jsonMember(block, "releaseYear"));
                          claims.year = yearClaim(said, said);
                      });
}

LayerClaims readMediaHero(const Document& page) {
    return readBlocks(page, Layer::mediaHero, "media-hero-json",
                      [](const Object& block, LayerClaims& claims) {
                          const auto content = jsonObject(block, "content");
                          claims.title = content ? titleClaim(*content, "title") : titleClaim(block, "h1");
                          claims.year = heroYear((content ? *content : block).getArray("metadataProps"));
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
            const bool same = film.title.agrees(claims.title) && film.year.agrees(claims.year) &&
                              film.page.agrees(claims.page) && film.criticScore.agrees(claims.criticScore);
            if (claims.filmPage && !same) {
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
        const std::string release = yearText(jsonMember(call, "cag[release]"));
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
