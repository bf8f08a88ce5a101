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

/// A score object of the scorecard. The key `score` is absent when there is no score, though counts may be
/// there; one is never computed from them.
Claim<int> scoreClaim(const Object& object) {
    const JsonMember score = jsonMember(object, "score");
    const JsonMember percent = jsonMember(object, "scorePercent");
    const JsonMember sentiment = jsonMember(object, "sentiment");
    if (score.kind == JsonMember::Kind::absent || score.kind == JsonMember::Kind::null) {
        // These three come and go together. One without the others: the design has changed.
        if (!percent.text.empty() || !sentiment.text.empty()) {
            return Claim<int>::bad("no score, but \"" + percent.text + sentiment.text + '"');
        }
        return Claim<int>::nothing("no score");
    }
    const std::string said =
        score.kind == JsonMember::Kind::number ? std::to_string(score.number) : foldWhiteSpace(score.text);
    const auto value = parseScore(said);
    if (!value) {
        return Claim<int>::bad('"' + said + '"');
    }
    if (!percent.text.empty() && percent.text != std::to_string(*value) + '%') {
        return Claim<int>::bad(said + ", and as percent \"" + percent.text + '"');
    }
    return Claim<int>::of(*value, said);
}

Claim<bool> certifiedClaim(const Object& critics) {
    const JsonMember member = jsonMember(critics, "certified");
    switch (member.kind) {
        case JsonMember::Kind::absent:
        case JsonMember::Kind::null:
            return {};
        case JsonMember::Kind::boolean:
            return Claim<bool>::of(member.boolean, member.boolean ? "true" : "false");
        default:
            return Claim<bool>::bad('"' + member.text + '"');
    }
}

/// Reads every block of that id with `read`; blocks that do not say the same are a page that we do not know.
template <typename Read>
LayerClaims readBlocks(const Document& page, Layer layer, std::string_view id, Read read) {
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

LayerClaims readScorecardJson(const Document& page) {
    return readBlocks(page, Layer::scorecardJson, "media-scorecard-json",
                      [](const Object& card, LayerClaims& claims) {
                          // By path: `overlay` repeats both with other numbers, and audienceScore comes
                          // first.
                          const auto critics = jsonObject(card, "criticsScore");
                          const auto audience = jsonObject(card, "audienceScore");
                          if (!critics || !audience) {
                              claims.broken = "it has no criticsScore or no audienceScore";
                              return;
                          }
                          claims.criticScore = scoreClaim(*critics);
                          claims.certified = certifiedClaim(*critics);
                          claims.audienceScore = scoreClaim(*audience);
                          claims.hidesAudience = jsonMember(card, "hideAudienceScore").boolean;
                      });
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
