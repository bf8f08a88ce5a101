#include "common/refresh/order.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace rtbatch;
using namespace std::chrono;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr Timestamp kNow{sys_days{2026y / 6 / 15}};
constexpr Timestamp kHorizon = kNow + 5min;

ImdbId imdb(int number) {
    return *ImdbId::parse("tt" + std::to_string(1'000'000 + number));
}

/// Somebody asked for it every so often, for so long, up to now.
Demand asked(milliseconds every, milliseconds span, Timestamp until = kNow) {
    Demand demand;
    demand.firstAt = demand.lastAt = until;
    for (milliseconds ago{0}; ago < span; ago += every) {
        ++demand.requests;
        demand.weight += requestWeight(until - ago);
        demand.firstAt = until - ago;
    }
    return demand;
}

Candidate row(int number, const Demand& demand, milliseconds lifetime = 168h, Timestamp expired = kNow - 1h) {
    return {.id = imdb(number),
            .cachedAt = expired - lifetime,
            .expiresAt = expired,
            .lifetime = lifetime,
            .demand = demand};
}

Demand marked(std::int64_t place, Timestamp at = kNow - 1h) {
    return {.wantedPlace = place, .wantedAt = at};
}

std::vector<int> order(std::vector<Candidate> candidates) {
    std::vector<int> numbers;
    for (const Ranked& ranked : inOrder(candidates, kNow, kHorizon)) {
        numbers.push_back(std::stoi(ranked.candidate.id.string().substr(2)) - 1'000'000);
    }
    return numbers;
}

double worth(const Candidate& candidate) {
    return worthOf(candidate, kNow);
}

/// The requests a day that its worth was reckoned with.
double perDay(const Candidate& candidate) {
    const double worth = worthOf(candidate, kNow);
    return worth / (1 - worth) / duration<double, days::period>(candidate.lifetime).count();
}

}  // namespace

TEST_CASE("a page saves the share of the waits that there would be without it") {
    // Once a day, fresh for 7 days: without the refresher a wait every 8 days, with it a page every 7.
    CHECK(worth(row(1, asked(24h, days(100)))) == Approx(7.0 / 8).margin(0.01));
    CHECK(worth(row(1, asked(12h, days(100)))) == Approx(14.0 / 15).margin(0.01));
    CHECK(worth(row(1, asked(24h, days(100)), 24h)) == Approx(1.0 / 2).margin(0.02));
}

TEST_CASE("the rate is right for a film that is new, too") {
    for (const days span : {days(7), days(20), days(100)}) {
        CAPTURE(span.count());
        CHECK(perDay(row(1, asked(1h, span))) == Approx(24).epsilon(0.2));
    }
    CHECK(perDay(row(1, asked(1h, days(1)))) >
          8);  // the weight that its requests have had no time for is small
    // A new one is not outdone by one that had as many requests long ago.
    CHECK(order({row(1, asked(2h, days(2), kNow - days(20))), row(2, asked(2h, days(2)))}) ==
          std::vector{2, 1});
}

TEST_CASE("one request a minute ago is not a thousand a day") {
    CHECK(perDay(row(1, asked(1h, 1min, kNow - 1min))) < 5);
    CHECK(perDay(row(1, asked(1h, 1min, kNow - 1min))) > 0.5);
}

TEST_CASE("demand fades by half in seven days") {
    const double once = perDay(row(1, asked(24h, days(100), kNow - days(1))));
    const double later = worthOf(row(1, asked(24h, days(100), kNow - days(1))), kNow + days(7));
    const double laterRate = later / (1 - later) / 7;
    CHECK(laterRate < once / 2);
}

TEST_CASE("a film that nobody asks for any more is forgotten sooner than its requests fade") {
    const Demand popular = asked(1min, days(10), kNow - days(4));
    CHECK(perDay(row(1, popular)) <= 0.51);
    CHECK(order({row(1, popular), row(2, asked(24h, days(30)))}) == std::vector{2, 1});
    // One that is asked for rarely has such silences all the time.
    const double rare = perDay(row(1, asked(days(10), days(100), kNow - days(10))));
    CHECK(rare > 0.02);
    CHECK(rare < 0.1);
}

TEST_CASE("the most worth goes first: by demand, and by how long a page lasts") {
    const Demand daily = asked(24h, days(100));
    const Demand hourly = asked(1h, days(100));
    CHECK(order({row(1, daily), row(2, hourly), row(3, asked(days(5), days(100)))}) == std::vector{2, 1, 3});
    CHECK(order({row(1, daily, 24h), row(2, daily, 24h * 27), row(3, daily)}) == std::vector{2, 3, 1});
    // A new release that many ask for goes before an old film that few ask for, though its page lasts a day.
    CHECK(order({row(1, asked(days(3), days(100)), 24h * 27), row(2, hourly, 24h)}) == std::vector{2, 1});
}

TEST_CASE("of films worth the same the one that expired first goes first, and one without a row before") {
    const Demand daily = asked(24h, days(100));
    Candidate noRow{.id = imdb(9), .lifetime = 168h, .demand = daily};
    CHECK(order({row(1, daily, 168h, kNow - 1h), row(2, daily, 168h, kNow + 1min), noRow,
                 row(3, daily, 168h, kNow - 5h)}) == std::vector{9, 3, 1, 2});
    CHECK(order({row(2, daily), row(1, daily)}) == std::vector{1, 2});
}

TEST_CASE("what stays fresh until the next run is not due") {
    const Demand daily = asked(24h, days(100));
    CHECK(order({row(1, daily, 168h, kHorizon), row(2, daily, 168h, kHorizon - 1ms)}) == std::vector{2});
}

TEST_CASE("what saves hardly any wait is not worth a page") {
    CHECK(order({row(1, asked(24h, days(3), kNow - days(90)))}).empty());
    CHECK(order({{.id = imdb(1), .lifetime = 168h}}).empty());
    CHECK(order({row(1, asked(days(60), days(60), kNow - days(10)))}) == std::vector{1});
}

TEST_CASE("a row without a demand record counts as asked for once, when it was cached") {
    const Candidate known = row(1, asked(1h, 1min, kNow - 169h));
    CHECK(worth(row(1, {})) == Approx(worth(known)));
    CHECK(worth(row(1, {})) > 0.02);
    CHECK(worth(row(1, {}, 168h, kNow - days(60))) < 0.02);
}

TEST_CASE("a mark counts by its place, half at the thousandth, and for 90 days") {
    const auto wanted = [](std::int64_t place, Timestamp at = kNow - 1h) {
        return perDay({.id = imdb(1), .lifetime = 168h, .demand = marked(place, at)});
    };
    CHECK(wanted(0) == Approx(0.5));
    CHECK(wanted(1000) == Approx(0.25));
    CHECK(wanted(9000) == Approx(0.05));
    CHECK(wanted(0, kNow - days(90) + 1ms) == Approx(0.5));
    CHECK(wanted(0, kNow - days(90)) == 0);
    // People's own requests come on top.
    Demand both = asked(24h, days(100));
    both.wantedPlace = 0;
    both.wantedAt = kNow;
    CHECK(order({row(1, asked(24h, days(100))), row(2, both)}) == std::vector{2, 1});
}

TEST_CASE("a clock that went back breaks nothing") {
    const double value = worth(row(1, asked(1h, days(1), kNow + days(1))));
    CHECK(std::isfinite(value));
    CHECK(value > 0);
    CHECK(value <= 1);
}

TEST_CASE("the reason says what was reckoned with, in one line") {
    const Ranked first = inOrder({row(1, asked(2h, days(100)))}, kNow, kHorizon).at(0);
    const std::string reason = reasonFor(first, kNow);
    CHECK_THAT(reason, Contains("expired 60 min ago") && Contains("requests a day") &&
                           Contains("fresh for 7 days") && Contains("saves 0.99 waits a page"));
    CHECK(reason.find('\n') == std::string::npos);
    const Ranked soon = inOrder({row(1, asked(2h, days(100)), 24h, kNow + 4min)}, kNow, kHorizon).at(0);
    CHECK_THAT(reasonFor(soon, kNow), Contains("expires in 4 min") && Contains("fresh for 24 h"));
    const Ranked never =
        inOrder({{.id = imdb(1), .lifetime = 168h, .demand = marked(11)}}, kNow, kHorizon).at(0);
    CHECK_THAT(reasonFor(never, kNow), Contains("never fetched") && Contains("place 12 on a list"));
}
