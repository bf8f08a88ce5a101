#include "common/refresh/budget.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

using namespace rtbatch;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp kNow{sys_days{2026y / 6 / 15}};
constexpr days kDay{1};

/// The runs of somebody who takes, every so often, as much as may be taken, at most `most`.
std::vector<PagesSpent> runsOf(int pagesPerDay, minutes every, days span, int most = 1'000'000) {
    std::vector<PagesSpent> runs;
    std::size_t old = 0;
    for (Timestamp at = kNow; at < kNow + span; at += every) {
        while (old < runs.size() && runs[old].at < at - days(2)) {
            ++old;
        }
        runs.push_back({at, std::min(most, budgetLeft(pagesPerDay, std::span(runs).subspan(old), at))});
    }
    return runs;
}

int spentBetween(const std::vector<PagesSpent>& runs, Timestamp from, Timestamp to) {
    int pages = 0;
    for (const PagesSpent& run : runs) {
        pages += run.at >= from && run.at < to ? run.pages : 0;
    }
    return pages;
}

}  // namespace

TEST_CASE("a budget of no pages gives none") {
    CHECK(budgetLeft(0, {}, kNow) == 0);
    CHECK(budgetLeft(0, std::vector{PagesSpent{kNow - 1h, 5}}, kNow) == 0);
}

TEST_CASE("after a rest an eighth of the day's pages may be spent at once") {
    CHECK(budgetLeft(2000, {}, kNow) == 250);
    CHECK(budgetLeft(2000, std::vector{PagesSpent{kNow - 4h, 250}}, kNow) == 250);
    CHECK(budgetLeft(1, {}, kNow) == 1);
    CHECK(budgetLeft(5, {}, kNow) == 1);
}

TEST_CASE("what was spent comes back evenly") {
    CHECK(budgetLeft(2400, std::vector{PagesSpent{kNow, 300}}, kNow) == 0);
    CHECK(budgetLeft(2400, std::vector{PagesSpent{kNow - 1h, 300}}, kNow) == 100);
    CHECK(budgetLeft(2400, std::vector{PagesSpent{kNow - 1h, 300}}, kNow + 1h) == 200);
    CHECK(budgetLeft(2400, std::vector{PagesSpent{kNow - 3h, 300}, PagesSpent{kNow - 1h, 150}}, kNow) == 150);
}

TEST_CASE("no 24 hours see more pages than the budget, however it is drawn") {
    const int pagesPerDay = GENERATE(1, 7, 500, 2000, 8000);
    const minutes every = GENERATE(5min, 60min, 25h);
    CAPTURE(pagesPerDay, every.count());
    const auto runs = runsOf(pagesPerDay, every, days(5));
    for (const PagesSpent& run : runs) {
        REQUIRE(spentBetween(runs, run.at, run.at + kDay) <= pagesPerDay);
    }
}

TEST_CASE("who always has something to renew gets all pages of a day") {
    const int pagesPerDay = GENERATE(7, 500, 2000, 8000);
    CAPTURE(pagesPerDay);
    const auto runs = runsOf(pagesPerDay, 5min, days(6));
    for (int day = 1; day < 6; ++day) {
        CHECK(spentBetween(runs, kNow + days(day), kNow + days(day + 1)) >= pagesPerDay * 99 / 100);
    }
}

TEST_CASE("no hour takes more than an eighth of a day and what fills in it") {
    const auto runs = runsOf(2400, 5min, days(6));
    for (const PagesSpent& run : runs) {
        REQUIRE(spentBetween(runs, run.at, run.at + 1h) <= 300 + 100);
    }
}

TEST_CASE("the order in which runs are given does not matter, nor do older ones") {
    auto runs = runsOf(2000, 35min, days(3), 40);
    const int left = budgetLeft(2000, runs, kNow + days(3));
    std::ranges::shuffle(runs, std::mt19937(1));
    CHECK(budgetLeft(2000, runs, kNow + days(3)) == left);
    runs.push_back({kNow - days(30), 100'000});
    CHECK(budgetLeft(2000, runs, kNow + days(3)) == left);
}

TEST_CASE("a budget that was lowered is kept at once") {
    const auto runs = runsOf(8000, 5min, days(2));
    CHECK(budgetLeft(500, runs, kNow + days(2)) == 0);
    // A day after the last run of the larger one the smaller one is there.
    CHECK(budgetLeft(500, runs, kNow + days(3)) > 0);
}

TEST_CASE("pages spent in what is now the future count: the clock was set back") {
    CHECK(budgetLeft(2400, std::vector{PagesSpent{kNow + 1h, 300}}, kNow) == 0);
}
