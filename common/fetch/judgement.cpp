#include "common/fetch/judgement.h"

#include <cstdlib>
#include <utility>

#include "common/model/title_key.h"

namespace rtbatch {

namespace {

/// A suspect row lives for a day or a little longer, and the refresher renews it a little before its end.
constexpr std::chrono::hours kBelieveGapAfter{20};

/// Corrections of a film's year are small, remakes come later.
constexpr int kMostYearsCorrected = 5;

/// `released`: what the row has.
bool isAnotherFilm(const MovieFacts& stored, const std::optional<std::chrono::sys_days>& released,
                   const MovieFacts& fresh, Address address) {
    const int years = stored.year && fresh.year ? std::abs(*stored.year - *fresh.year) : 0;
    const bool otherTitle = titleKey(stored.title) != titleKey(fresh.title);
    if (address == Address::another) {
        return otherTitle || years > 0;
    }
    const bool sameRelease = released && released == fresh.released;
    return otherTitle ? years > 0 : years > kMostYearsCorrected && !sameRelease;
}

std::string nameOf(const MovieFacts& facts) {
    return facts.title + (facts.year ? " (" + std::to_string(*facts.year) + ")" : "");
}

template <typename Fact>
bool lacks(const std::optional<Fact>& fresh, const std::optional<Fact>& stored) {
    return stored && !fresh;
}

/// Names what the page lacks, and fills it in.
std::string fillGaps(MovieFacts& fresh, const MovieFacts& stored) {
    std::string lost;
    const auto note = [&lost](std::string_view what) { lost.append(lost.empty() ? "" : ", ").append(what); };
    if (lacks(fresh.criticScore, stored.criticScore)) {
        note("critics' score");
        fresh.criticScore = stored.criticScore;
        fresh.certified = stored.certified;
    }
    if (lacks(fresh.audienceScore, stored.audienceScore)) {
        note("audience score");
        fresh.audienceScore = stored.audienceScore;
    }
    if (lacks(fresh.consensus, stored.consensus)) {
        note("consensus");
        fresh.consensus = stored.consensus;
    }
    if (lacks(fresh.year, stored.year)) {
        note(kYearOnly);
        fresh.year = stored.year;
    }
    return lost;
}

}  // namespace

bool Judgement::mayBeMarkup() const {
    return outcome == ScrapeOutcome::lost && detail != kYearOnly;
}

Judgement judge(const std::optional<StoredMovie>& stored, const ImdbId& id, const RtId& page,
                MovieFacts facts, const LifetimeRules& rules, Timestamp now, Address address) {
    Judgement judgement{.outcome = ScrapeOutcome::read, .row = {{id, page.text(), "", now, now}}};
    StoredMovie& row = judgement.row;
    row.released = facts.released;
    const auto old = stored ? parseFacts(stored->facts) : std::nullopt;
    if (old) {
        if (isAnotherFilm(*old, stored->released, facts, address)) {
            judgement.outcome = ScrapeOutcome::other;
            judgement.detail = "it is the page of " + nameOf(facts) + ", not of " + nameOf(*old);
            return judgement;
        }
        const bool same = old->criticScore == facts.criticScore && old->audienceScore == facts.audienceScore;
        row.unchanged = same ? stored->unchanged + 1 : 0;
        MovieFacts filled = facts;
        if (auto lost = fillGaps(filled, *old); !lost.empty()) {
            const bool believed = stored->suspectAt && now >= *stored->suspectAt + kBelieveGapAfter;
            if (!believed) {
                judgement.outcome = ScrapeOutcome::lost;
                judgement.detail = std::move(lost);
                row.suspectAt = stored->suspectAt.value_or(now);
                row.unchanged = stored->unchanged;
                facts = std::move(filled);
            }
        }
        if (!row.released) {
            row.released = stored->released;
        }
    }
    row.facts = renderFacts(page, facts);
    row.expiresAt = now + lifetimeOf(rules, id,
                                     {.year = facts.year,
                                      .released = row.released,
                                      .unchanged = row.unchanged,
                                      .suspect = row.suspectAt.has_value()},
                                     now);
    return judgement;
}

}  // namespace rtbatch
