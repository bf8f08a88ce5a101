// The elements that show scorecards: the film's, and maybe other films', skeletons and copies.

#include <Poco/String.h>

#include <algorithm>
#include <array>

#include "common/page/layers.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

/// The score in the slot of that name (or its name of early 2024), inside `card`.
Claim<int> slotScore(const Document& page, Document::Element card, std::string_view slot,
                     std::string_view oldSlot) {
    Claim<int> claim;
    for (const auto text : page.named("rt-text", card)) {
        const auto name = page.attribute(text, "slot");
        if (name != slot && name != oldSlot) {
            continue;
        }
        const std::string said = foldWhiteSpace(page.text(text));
        const bool dashes = said.find_first_not_of("- ") == std::string::npos;
        const std::string_view digits = std::string_view(said).substr(0, said.find('%'));
        const bool percent = said.size() == digits.size() + 1;  // and nothing after the sign
        const auto score = percent ? parseScore(digits) : std::nullopt;
        Claim<int> here = dashes  ? Claim<int>::nothing('"' + said + '"')
                          : score ? Claim<int>::of(*score, said)
                                  : Claim<int>::bad('"' + said + '"');
        if (!claim.silent() && !here.agrees(claim)) {
            return Claim<int>::bad(claim.said + " and " + here.said);
        }
        claim = std::move(here);
    }
    return claim;
}

Claim<bool> certifiedIcon(const Document& page, Document::Element card) {
    Claim<bool> claim;
    for (const auto icon : page.named("score-icon-critics", card)) {
        const std::string said = page.attribute(icon, "certified").value_or("");
        if (said != "true" && said != "false") {
            continue;
        }
        const auto here = Claim<bool>::of(said == "true", said);
        if (!claim.silent() && !here.agrees(claim)) {
            return Claim<bool>::bad("true and false");
        }
        claim = here;
    }
    return claim;
}

/// As in HTML an attribute that is there says yes, unless its value says no.
std::optional<bool> hidingAttribute(const Document& page, Document::Element card) {
    for (const auto* name : {"hide-audience-score", "hideaudiencescore"}) {
        if (const auto value = page.attribute(card, name)) {
            return foldWhiteSpace(*value).empty() || yesOrNo(*value).value_or(true);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<bool> yesOrNo(std::string_view text) {
    constexpr std::array<std::string_view, 4> kYes{"true", "1", "yes", "on"};
    constexpr std::array<std::string_view, 5> kNo{"false", "0", "no", "off", ""};
    const std::string lower = Poco::toLower(foldWhiteSpace(text));
    if (std::find(kYes.begin(), kYes.end(), lower) != kYes.end()) {
        return true;
    }
    return std::find(kNo.begin(), kNo.end(), lower) != kNo.end() ? std::optional(false) : std::nullopt;
}

bool sayTheSame(const LayerClaims& a, const LayerClaims& b) {
    return a.criticScore.agrees(b.criticScore) && a.audienceScore.agrees(b.audienceScore) &&
           a.certified.agrees(b.certified) && a.hidesAudience == b.hidesAudience && a.broken == b.broken;
}

std::vector<LayerClaims> readScorecardElements(const Document& page) {
    std::vector<LayerClaims> all;
    for (const auto card : page.named("media-scorecard")) {
        // The slots and icons recur in carousels and review cards before and after: only inside.
        LayerClaims claims{.layer = Layer::scorecardElement, .present = true};
        claims.criticScore = slotScore(page, card, "critics-score", "criticsScore");
        claims.audienceScore = slotScore(page, card, "audience-score", "audienceScore");
        claims.certified = certifiedIcon(page, card);
        claims.hidesAudience = hidingAttribute(page, card);
        all.push_back(std::move(claims));
    }
    return all;
}

LayerClaims filmsScorecard(const std::vector<LayerClaims>& elements, const LayerClaims& json,
                           const LayerClaims& ld) {
    const auto isConfirmed = [&](const LayerClaims& element) {
        if (json.present && !json.broken) {
            return element.criticScore.agrees(json.criticScore) &&
                   (json.hidesAudience.value_or(false) || element.audienceScore.agrees(json.audienceScore));
        }
        return ld.criticScore.hasValue() && element.criticScore.agrees(ld.criticScore);
    };
    if (elements.empty()) {
        return {.layer = Layer::scorecardElement};
    }
    const LayerClaims& first = elements.front();
    const bool alike = std::all_of(elements.begin(), elements.end(),
                                   [&](const LayerClaims& one) { return sayTheSame(one, first); });
    // With the JSON there, one that contradicts it is found out where the layers are compared.
    if (alike && (json.present || isConfirmed(first))) {
        return first;
    }
    const LayerClaims* found = nullptr;
    bool one = true;
    for (const LayerClaims& element : elements) {
        if (isConfirmed(element)) {
            one = one && (found == nullptr || sayTheSame(*found, element));
            found = &element;
        }
    }
    if (found != nullptr && one) {
        return *found;
    }
    return {.layer = Layer::scorecardElement,
            .present = true,
            .broken = alike ? "nothing else on the page confirms it"
                            : "the page has several, and nothing says which is the film's"};
}

}  // namespace rtbatch
