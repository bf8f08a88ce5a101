// The scorecard's JSON, which is found by its id or by its shape. Lists of other films have the same shape.

#include <Poco/JSON/Array.h>
#include <Poco/String.h>

#include <algorithm>
#include <array>

#include "common/page/json_block.h"
#include "common/page/layers.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

using Poco::JSON::Object;

constexpr int kMaxNesting = 8;
constexpr std::string_view kId = "media-scorecard-json";

/// Whether a key `score` with a value stands anywhere inside.
bool hasScoreInside(const Poco::Dynamic::Var& value, int depth = 0) {
    if (depth > kMaxNesting) {
        return false;
    }
    if (value.type() == typeid(Object::Ptr)) {
        const auto& object = value.extract<Object::Ptr>();
        return std::any_of(object->begin(), object->end(), [depth](const auto& member) {
            return (member.first == "score" && !member.second.isEmpty()) ||
                   hasScoreInside(member.second, depth + 1);
        });
    }
    if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
        const auto& array = value.extract<Poco::JSON::Array::Ptr>();
        return std::any_of(array->begin(), array->end(),
                           [depth](const auto& element) { return hasScoreInside(element, depth + 1); });
    }
    return false;
}

/// A member that looks like a score and is none that is known: it was renamed, or moved deeper.
bool isLikeScore(const std::string& name, const Poco::Dynamic::Var& value) {
    constexpr std::array<std::string_view, 4> kKnown{"scoretype", "scorelinkurl", "scorelinktext",
                                                     "scorepercent"};
    const std::string lower = Poco::toLower(name);
    if (value.isEmpty() || std::find(kKnown.begin(), kKnown.end(), lower) != kKnown.end()) {
        return false;
    }
    if (hasScoreInside(value) || lower.find("score") != std::string::npos) {
        return true;
    }
    std::string text = value.isString() ? foldWhiteSpace(value.extract<std::string>()) : "";
    if (text.ends_with('%')) {
        text.pop_back();
    }
    return parseScore(text).has_value();
}

/// What shows that a score object without `score` is no score that the site withholds, but one that stands
/// elsewhere now; or nothing.
std::optional<std::string> elsewhere(const Object& object) {
    // These three come and go together. One without the others: the design has changed.
    for (const auto* name : {"scorePercent", "sentiment"}) {
        if (const std::string text = jsonMember(object, name).text; !text.empty()) {
            return "no score, but \"" + text + '"';
        }
    }
    if (jsonMember(object, "certified").boolean) {
        return "no score, but certified";
    }
    // A film without a score still has its counts; without them it is a skeleton.
    constexpr std::array<const char*, 4> kCounts{"reviewCount", "ratingCount", "likedCount",
                                                 "bandedRatingCount"};
    if (std::none_of(kCounts.begin(), kCounts.end(), [&](const char* name) { return object.has(name); })) {
        return "neither a score nor counts";
    }
    for (const auto& [name, value] : object) {
        if (isLikeScore(name, value)) {
            return "no score, but something in \"" + toValidUtf8(name) + '"';
        }
    }
    return std::nullopt;
}

/// A score object of the scorecard. The key `score` is absent when there is no score, though counts may be
/// there; one is never computed from them. `same` is the overlay's object of the same score, or null.
Claim<int> scoreClaim(const Object& object, const Object::Ptr& same) {
    const JsonMember score = jsonMember(object, "score");
    if (score.kind == JsonMember::Kind::absent || score.kind == JsonMember::Kind::null) {
        if (const auto why = elsewhere(object)) {
            return Claim<int>::bad(*why);
        }
        return same && hasScoreInside(same) ? Claim<int>::bad("no score, but the overlay has one")
                                            : Claim<int>::nothing("no score");
    }
    const std::string said =
        score.kind == JsonMember::Kind::number ? std::to_string(score.number) : foldWhiteSpace(score.text);
    const auto value = parseScore(said);
    if (!value) {
        return Claim<int>::bad('"' + said + '"');
    }
    const std::string percent = jsonMember(object, "scorePercent").text;
    if (!percent.empty() && percent != std::to_string(*value) + '%') {
        return Claim<int>::bad(said + ", and as percent \"" + percent + '"');
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

/// The overlay has all scores beside each other; the scorecard's audience's score is the verified one or all.
Object::Ptr inOverlay(const Object& card, const Object& audience) {
    const auto overlay = jsonObject(card, "overlay");
    const bool verified = jsonMember(audience, "scoreType").text == "VERIFIED";
    return overlay ? jsonObject(*overlay, verified ? "audienceVerified" : "audienceAll") : nullptr;
}

/// What the card says of hiding the audience's score; makes the layer broken when that is neither yes nor no.
void readHiding(const Object& card, LayerClaims& claims) {
    const JsonMember member = jsonMember(card, "hideAudienceScore");
    if (member.kind == JsonMember::Kind::absent || member.kind == JsonMember::Kind::null) {
        return;
    }
    const bool flag = member.kind == JsonMember::Kind::boolean;
    const std::string text =
        member.kind == JsonMember::Kind::number ? std::to_string(member.number) : member.text;
    const bool other = member.kind == JsonMember::Kind::other;
    claims.hidesAudience = flag ? std::optional(member.boolean) : (other ? std::nullopt : yesOrNo(text));
    if (!claims.hidesAudience) {
        claims.broken = "its hideAudienceScore is neither yes nor no";
    }
}

/// By path: `overlay` repeats both with other numbers, and audienceScore comes first.
void readCard(const Object& card, LayerClaims& claims) {
    const auto critics = jsonObject(card, "criticsScore");
    const auto audience = jsonObject(card, "audienceScore");
    if (!critics || !audience) {
        claims.broken = "it has no criticsScore or no audienceScore";
        return;
    }
    const auto overlay = jsonObject(card, "overlay");
    claims.criticScore = scoreClaim(*critics, overlay ? jsonObject(*overlay, "criticsAll") : nullptr);
    claims.certified = certifiedClaim(*critics);
    claims.audienceScore = scoreClaim(*audience, inOverlay(card, *audience));
    readHiding(card, claims);
}

/// The object in `object` that has both scores, at any depth but not in lists, which are of other films.
Object::Ptr cardIn(const Object::Ptr& object, int depth = 0) {
    if (jsonObject(*object, "criticsScore") && jsonObject(*object, "audienceScore")) {
        return object;
    }
    for (const auto& [name, value] : *object) {
        if (depth < kMaxNesting && value.type() == typeid(Object::Ptr)) {
            if (auto card = cardIn(value.extract<Object::Ptr>(), depth + 1)) {
                return card;
            }
        }
    }
    return nullptr;
}

/// Scripts with a scorecard's JSON and another id.
std::vector<LayerClaims> cardsByShape(const Document& page) {
    std::vector<LayerClaims> found;
    for (const auto script : page.named("script")) {
        if (page.attribute(script, "id") == kId || page.attribute(script, "type") == "application/ld+json") {
            continue;
        }
        const std::string text = page.text(script);
        const bool named = text.find("\"criticsScore\"") != std::string::npos &&
                           text.find("\"audienceScore\"") != std::string::npos;
        const auto objects = named ? parseJsonObjects(text) : std::nullopt;
        const auto card = objects && objects->size() == 1 ? cardIn(objects->front()) : nullptr;
        if (card) {
            LayerClaims claims{.layer = Layer::scorecardJson, .present = true};
            readCard(*card, claims);
            found.push_back(std::move(claims));
        }
    }
    return found;
}

}  // namespace

LayerClaims readScorecardJson(const Document& page) {
    LayerClaims claims = readBlocks(page, Layer::scorecardJson, kId, readCard);
    for (LayerClaims& other : cardsByShape(page)) {
        if (!claims.present) {
            claims = std::move(other);
        } else if (!claims.broken && !sayTheSame(claims, other)) {
            claims.broken = "the page has several, and they differ";
        }
    }
    return claims;
}

}  // namespace rtbatch
