#include "admin/show.h"

#include <utility>

#include "admin/text.h"
#include "common/model/lifetime.h"
#include "common/refresh/candidate.h"

namespace rtbatch {

namespace {

/// So many pages of its history.
constexpr int kLastPages = 20;

LifetimeFacts lifetimeFacts(const MovieReport& movie) {
    return {.year = movie.due.year,
            .released = movie.row->released,
            .unchanged = movie.row->unchanged,
            .suspect = movie.row->suspectAt.has_value()};
}

std::string dayText(std::chrono::sys_days day) {
    return timeText(day).substr(0, 10);
}

/// The film's dates, as far as they are known.
std::string datesText(const LifetimeFacts& facts) {
    std::string text = facts.year ? "of " + std::to_string(*facts.year) : "of an unknown year";
    return facts.released ? text + ", released " + dayText(*facts.released) : text;
}

std::string lifetimeText(const MovieReport& movie, const Config& config) {
    const LifetimeFacts facts = lifetimeFacts(movie);
    const std::string scrapes = std::to_string(facts.unchanged);
    const std::string ttl = "cache.ttl_hours (" + std::to_string(config.cacheTtl.count()) + ")";
    switch (lifetimeRuleOf(facts, movie.row->cachedAt)) {
        case LifetimeRule::suspect:
            return "its page lacks a fact that the row has, since " + timeText(*movie.row->suspectAt) +
                   ": looked at again after a day, to see whether the gap stays";
        case LifetimeRule::recent:
            return "a new film, " + datesText(facts) + ": cache.new_ttl_hours (" +
                   std::to_string(config.cacheNewTtl.count()) + "), give or take 10 %";
        case LifetimeRule::unchanged:
            return "an old film, " + datesText(facts) + ", whose scores did not change at the last " +
                   scrapes + " scrapes: " + ttl + ", doubled each time from the second on, 30 days at most";
        case LifetimeRule::usual:
            break;
    }
    return datesText(facts) + ", scores unchanged at the last " + scrapes + " scrapes: " + ttl +
           ", give or take 10 %";
}

bool isWanted(const MovieReport& movie) {
    return movie.row || movie.due.demand.requests > 0 || movie.due.demand.wantedPlace;
}

/// What keeps the refresher from it for a while, whatever it is worth; the same as RefreshTable::findDue.
std::optional<RefreshForecast> heldBack(const MovieReport& movie, Timestamp now) {
    using Kind = RefreshForecast::Kind;
    if (movie.failure && movie.failure->retryAt > now) {
        return RefreshForecast{Kind::heldBack, movie.failure->retryAt, std::nullopt,
                               "not before " + timeText(movie.failure->retryAt) + " (" +
                                   relativeText(movie.failure->retryAt, now) + "), for it failed"};
    }
    if (!movie.row && movie.rtId && !movie.rtId->rtId && movie.rtId->expiresAt > now) {
        return RefreshForecast{Kind::heldBack, movie.rtId->expiresAt, std::nullopt,
                               "not before " + timeText(movie.rtId->expiresAt) + " (" +
                                   relativeText(movie.rtId->expiresAt, now) + "), for Wikidata knows none"};
    }
    return std::nullopt;
}

RefreshForecast forecast(const MovieReport& movie, const Config& config, Timestamp now) {
    using Kind = RefreshForecast::Kind;
    if (!isWanted(movie)) {
        return {Kind::never, std::nullopt, std::nullopt,
                "never by itself: nobody has asked for it, and it is on no list"};
    }
    if (auto held = heldBack(movie, now)) {
        return *std::move(held);
    }
    const Candidate candidate = candidateOf(movie.due, {config.cacheTtl, config.cacheNewTtl}, now);
    const Ranked ranked{candidate, worthOf(candidate, now)};
    const std::string reason = reasonFor(ranked, now);
    // Whatever its row says: would it be taken if it were due?
    if (inOrder({candidate}, now, Timestamp::max()).empty()) {
        return {Kind::never, std::nullopt, ranked.worth,
                "only when somebody asks, for it is not worth a page: " + reason};
    }
    const auto lead = config.refresherEvery;
    if (!candidate.expiresAt || *candidate.expiresAt < now + lead) {
        return {Kind::due, std::nullopt, ranked.worth, "by the next run whose budget reaches it: " + reason};
    }
    const Timestamp from = *candidate.expiresAt - lead;
    return {Kind::later, from, ranked.worth,
            "from " + timeText(from) + " (" + relativeText(from, now) + ") on: " + reason};
}

}  // namespace

Showing readShowing(Store& store, const Config& config, const ImdbId& id, Timestamp now) {
    MovieReport movie = reportOn(store, id, kLastPages);
    auto lifetime = movie.row ? lifetimeText(movie, config) : std::string();
    auto refresh = forecast(movie, config, now);
    return {id, now, std::move(movie), std::move(lifetime), std::move(refresh)};
}

}  // namespace rtbatch
