#include "common/model/lifetime.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace rtbatch;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr LifetimeRules kRules{};
constexpr sys_days kToday{2026y / 6 / 15};

ImdbId imdb(int number) {
    return *ImdbId::parse("tt" + std::to_string(1'000'000 + number));
}

/// The shortest and the longest that films of the same facts get, over many ids.
struct Bounds {
    milliseconds shortest{milliseconds::max()};
    milliseconds longest{0};
};

Bounds boundsOf(const LifetimeFacts& facts, const LifetimeRules& rules = kRules, Timestamp at = kToday) {
    Bounds bounds;
    for (int i = 0; i < 20'000; ++i) {
        const milliseconds lifetime = lifetimeOf(rules, imdb(i), facts, at);
        bounds.shortest = std::min(bounds.shortest, lifetime);
        bounds.longest = std::max(bounds.longest, lifetime);
    }
    return bounds;
}

/// The lifetime is `lifetime`, 10 % less or more.
void checkAround(milliseconds lifetime, const LifetimeFacts& facts, const LifetimeRules& rules = kRules) {
    const Bounds bounds = boundsOf(facts, rules);
    CHECK(bounds.shortest == lifetime * 9 / 10);
    CHECK(bounds.longest == lifetime * 11 / 10);
}

LifetimeFacts film(int year, int unchanged = 0) {
    return {.year = year, .unchanged = unchanged};
}

LifetimeFacts releasedOn(sys_days day, int unchanged = 0) {
    return {.year = 1985, .released = day, .unchanged = unchanged};
}

}  // namespace

TEST_CASE("a row of a film that is neither new nor old is fresh for the ttl") {
    checkAround(168h, film(2025));
    checkAround(168h, {});
    checkAround(100h, film(2025), {.ttl = 100h, .newTtl = 10h});
}

TEST_CASE("a film of this year or later is new") {
    checkAround(24h, film(2026));
    checkAround(24h, film(2027));
    checkAround(10h, film(2026), {.ttl = 100h, .newTtl = 10h});
    CHECK(boundsOf(film(2026), kRules, sys_days(2027y / 1 / 1) - 1ms).longest < 27h);
    CHECK(boundsOf(film(2026), kRules, sys_days(2027y / 1 / 1)).shortest > 150h);
}

TEST_CASE("a film is new for 90 days after its release, and before it") {
    checkAround(24h, releasedOn(kToday));
    checkAround(24h, releasedOn(kToday - days(89)));
    checkAround(168h, releasedOn(kToday - days(90)));
    checkAround(24h, releasedOn(kToday + days(400)));
    checkAround(24h, {.released = kToday - days(10)});
}

TEST_CASE("an unchanged old film's lifetime doubles from the second time on, to 30 days after the spread") {
    checkAround(168h, film(1995, 0));
    checkAround(168h, film(1995, 1));
    checkAround(336h, film(1995, 2));
    for (const int unchanged : {3, 4, 10, 1'000'000}) {
        CAPTURE(unchanged);
        const Bounds bounds = boundsOf(film(1995, unchanged));
        CHECK(bounds.longest <= days(30));
        CHECK(bounds.longest > days(30) - 1min);
        CHECK(bounds.shortest > days(24));
    }
    checkAround(24h * 16, film(1995, 5), {.ttl = 24h, .newTtl = 24h});
}

TEST_CASE("a lifetime of about 30 days or more is not doubled, nor cut") {
    checkAround(24h * 29, film(1995, 9), {.ttl = 24h * 29, .newTtl = 24h});
    checkAround(24h * 60, film(1995, 9), {.ttl = 24h * 60, .newTtl = 24h});
}

TEST_CASE("only a film over two years old has its lifetime doubled") {
    checkAround(168h, film(2024, 9));  // perhaps of 31 December
    CHECK(boundsOf(film(2023, 9)).shortest > days(24));
    checkAround(168h, {.unchanged = 9});
    checkAround(168h, releasedOn(kToday - days(731), 9));
    CHECK(boundsOf(releasedOn(kToday - days(732), 9)).shortest > days(24));
    CHECK(boundsOf({.released = kToday - days(732), .unchanged = 9}).shortest > days(24));
    checkAround(24h, film(2026, 9));
}

TEST_CASE("a suspect row is looked at again after a day, never sooner") {
    for (const LifetimeFacts& facts : {LifetimeFacts{.year = 1995, .unchanged = 9, .suspect = true},
                                       LifetimeFacts{.year = 2026, .suspect = true}}) {
        const Bounds bounds = boundsOf(facts, {.ttl = 168h, .newTtl = 2h});
        CHECK(bounds.shortest == 24h);
        CHECK(bounds.longest == milliseconds(24h) * 11 / 10);
    }
}

TEST_CASE("rows scraped together do not expire together") {
    std::vector<milliseconds> lifetimes;
    for (int i = 0; i < 20'000; ++i) {
        lifetimes.push_back(lifetimeOf(kRules, imdb(i), film(2025), kToday));
    }
    // Each tenth of the range has its share, a tenth, give or take a tenth of that.
    const milliseconds width = milliseconds(168h) / 50;
    for (int tenth = 0; tenth < 10; ++tenth) {
        const milliseconds from = milliseconds(168h) * 9 / 10 + width * tenth;
        const auto count = std::count_if(lifetimes.begin(), lifetimes.end(),
                                         [from, width](auto l) { return l >= from && l < from + width; });
        CAPTURE(tenth);
        CHECK(count > 1800);
        CHECK(count < 2200);
    }
}

TEST_CASE("a row's spread changes from scrape to scrape, and is the same for the same scrape") {
    std::set<milliseconds> different;
    for (int i = 0; i < 100; ++i) {
        different.insert(lifetimeOf(kRules, imdb(1), film(2025), kToday + hours(i)));
    }
    CHECK(different.size() > 50);
    CHECK(lifetimeOf(kRules, imdb(1), film(2025), kToday) == lifetimeOf(kRules, imdb(1), film(2025), kToday));
}
