#include "common/refresh/order.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <sstream>
#include <tuple>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono;
using Days = duration<double, days::period>;

/// What is known of a film before anybody asked: little, as if it had been watched for so long without a
/// request. So one request a minute ago does not look like a thousand a day.
constexpr double kPriorDays = 1.0;

/// Of a film that nobody has asked for since a time, no more requests are expected than this in such a time.
/// So one that was asked for daily and drops out of the lists is forgotten in days, not when its faded
/// requests are.
constexpr double kRequestsInSilence = 2;

/// A film on a list of what should be warm counts as if it were asked for so often a day; half as often at
/// that place; and no more after that time without being put on a list again.
constexpr double kWantedPerDay = 0.5;
constexpr double kWantedHalfPlace = 1000.0;
constexpr days kWantedLasts{90};

/// A page that saves fewer waits than this is not worth asking the site for.
constexpr double kLeastWorth = 0.02;

/// The demand as it is, or as a row tells it that has none: it was asked for once, when it was cached.
Demand demandOf(const Candidate& candidate) {
    Demand demand = candidate.demand;
    if (demand.requests == 0 && !demand.wantedPlace && candidate.cachedAt) {
        demand.requests = 1;
        demand.weight = requestWeight(*candidate.cachedAt);
        demand.firstAt = demand.lastAt = *candidate.cachedAt;
    }
    return demand;
}

/// Requests a day, now. The faded requests of a film that is asked for evenly are its rate times the time in
/// which they gathered, faded likewise: so a film that is new is not taken for one that few ask for.
double askedPerDay(const Demand& demand, Timestamp now) {
    if (demand.requests == 0) {
        return 0;
    }
    const double halfLife = Days(kDemandHalfLife).count();
    const double age = std::max(0.0, Days(now - demand.firstAt).count());
    const double gathered = halfLife / std::numbers::ln2 * (1 - std::exp2(-age / halfLife));
    const double rate = fadedRequests(demand, now) / (gathered + kPriorDays);
    const double silence = Days(now - demand.lastAt).count();
    return silence > 0 ? std::min(rate, kRequestsInSilence / silence) : rate;
}

/// The same, with what is expected of a film that is on a list.
double perDay(const Demand& demand, Timestamp now) {
    double rate = askedPerDay(demand, now);
    if (demand.wantedPlace && now < demand.wantedAt + kWantedLasts) {
        rate += kWantedPerDay / (1 + static_cast<double>(*demand.wantedPlace) / kWantedHalfPlace);
    }
    return rate;
}

/// `3 h`, `12 min`.
std::string spanText(milliseconds span) {
    std::ostringstream out;
    if (span >= days(2)) {
        out << floor<days>(span).count() << " days";
    } else if (span >= hours(2)) {
        out << floor<hours>(span).count() << " h";
    } else {
        out << floor<minutes>(span).count() << " min";
    }
    return out.str();
}

}  // namespace

/// Without the refresher a movie is fresh for its lifetime T, and then waits for the next request, which
/// pays: with l requests a day that is a wait in every T + 1/l days. Renewed whenever it expires it costs a
/// page every T days and nobody waits. So a page saves l T / (1 + l T) waits.
double worthOf(const Candidate& candidate, Timestamp now) {
    const double requests = perDay(demandOf(candidate), now) * Days(candidate.lifetime).count();
    return requests / (1 + requests);
}

std::vector<Ranked> inOrder(const std::vector<Candidate>& candidates, Timestamp now, Timestamp horizon) {
    std::vector<Ranked> ranked;
    for (const Candidate& candidate : candidates) {
        if (candidate.expiresAt && *candidate.expiresAt >= horizon) {
            continue;
        }
        const double worth = worthOf(candidate, now);
        if (worth >= kLeastWorth) {
            ranked.push_back({candidate, worth});
        }
    }
    std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
        const auto key = [](const Ranked& r) {
            return std::tuple(-r.worth, r.candidate.expiresAt.value_or(Timestamp{}), r.candidate.id);
        };
        return key(a) < key(b);
    });
    return ranked;
}

std::string reasonFor(const Ranked& ranked, Timestamp now) {
    const Candidate& candidate = ranked.candidate;
    std::ostringstream out;
    out.precision(2);
    out << std::fixed;
    if (!candidate.expiresAt) {
        out << "never fetched";
    } else if (*candidate.expiresAt <= now) {
        out << "expired " << spanText(now - *candidate.expiresAt) << " ago";
    } else {
        out << "expires in " << spanText(*candidate.expiresAt - now);
    }
    const Demand demand = demandOf(candidate);
    out << "; " << perDay(demand, now) << " requests a day";
    if (demand.wantedPlace) {
        out << " (place " << *demand.wantedPlace + 1 << " on a list)";
    }
    out << ", fresh for " << spanText(candidate.lifetime) << ": saves " << ranked.worth << " waits a page";
    return out.str();
}

}  // namespace rtbatch
