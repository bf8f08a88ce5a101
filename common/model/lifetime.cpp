#include "common/model/lifetime.h"

#include <algorithm>
#include <cstdint>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::milliseconds;

constexpr auto kSuspect = days(1);
constexpr auto kNewFor = days(90);
constexpr auto kLongest = days(30);
constexpr int kOldYears = 2;
constexpr auto kOldFor = days(2 * 365 + 1);

/// So many scrapes in a row without a change, and the lifetime doubles for the first time.
constexpr int kUnchangedToDouble = 2;
constexpr int kMostDoublings = 10;

/// The spread to either side, in thousandths.
constexpr std::int64_t kSpread = 100;

int yearOf(Timestamp time) {
    return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(time)).year());
}

bool isNew(const LifetimeFacts& facts, Timestamp time) {
    return (facts.year && *facts.year >= yearOf(time)) ||
           (facts.released && *facts.released + kNewFor > time);
}

bool isOld(const LifetimeFacts& facts, Timestamp time) {
    // A year alone may mean its last day. A release is never before the film, so an old one alone will do.
    return (facts.year || facts.released) && (!facts.year || *facts.year + kOldYears < yearOf(time)) &&
           (!facts.released || *facts.released + kOldFor < time);
}

/// -kSpread to kSpread, the same for the same row. FNV-1a, for std::hash may differ from build to build.
std::int64_t spreadOf(const ImdbId& id, Timestamp time) {
    std::uint64_t hash = 14695981039346656037U;
    const auto mix = [&hash](std::uint64_t byte) { hash = (hash ^ byte) * 1099511628211U; };
    for (const char c : id.text()) {
        mix(static_cast<unsigned char>(c));
    }
    for (auto left = static_cast<std::uint64_t>(toMillis(time)); left > 0; left >>= 8U) {
        mix(left & 0xFFU);
    }
    hash ^= hash >> 32U;
    return static_cast<std::int64_t>(hash % (2 * kSpread + 1)) - kSpread;
}

}  // namespace

LifetimeRule lifetimeRuleOf(const LifetimeFacts& facts, Timestamp scrapedAt) {
    if (facts.suspect) {
        return LifetimeRule::suspect;
    }
    if (isNew(facts, scrapedAt)) {
        return LifetimeRule::recent;
    }
    return isOld(facts, scrapedAt) && facts.unchanged >= kUnchangedToDouble ? LifetimeRule::unchanged
                                                                            : LifetimeRule::usual;
}

milliseconds meanLifetime(const LifetimeRules& rules, const LifetimeFacts& facts, Timestamp time) {
    switch (lifetimeRuleOf(facts, time)) {
        case LifetimeRule::suspect:
            return kSuspect;
        case LifetimeRule::recent:
            return rules.newTtl;
        case LifetimeRule::usual:
            return rules.ttl;
        case LifetimeRule::unchanged:
            break;
    }
    const int doublings = std::min(facts.unchanged - kUnchangedToDouble + 1, kMostDoublings);
    const milliseconds longest =
        milliseconds(kLongest) * 1000 / (1000 + kSpread);  // so that the spread stays below
    return std::max<milliseconds>(std::min<milliseconds>(rules.ttl * (1 << doublings), longest), rules.ttl);
}

milliseconds spreadLifetime(milliseconds lifetime, const ImdbId& id, Timestamp since) {
    return lifetime + lifetime * spreadOf(id, since) / 1000;
}

milliseconds lifetimeOf(const LifetimeRules& rules, const ImdbId& id, const LifetimeFacts& facts,
                        Timestamp scrapedAt) {
    const milliseconds mean = meanLifetime(rules, facts, scrapedAt);
    const milliseconds spread = spreadLifetime(mean, id, scrapedAt);
    return facts.suspect && spread < mean ? 2 * mean - spread : spread;
}

}  // namespace rtbatch
