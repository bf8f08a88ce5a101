#include "common/refresh/budget.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rtbatch {

namespace {

using namespace std::chrono;
using Days = duration<double, days::period>;

/// The bucket holds this part of a day's pages, and fills evenly.
constexpr double kBucket = 1.0 / 8;
constexpr days kWindow{2};

}  // namespace

int budgetLeft(int pagesPerDay, std::span<const PagesSpent> spent, Timestamp now) {
    std::vector<PagesSpent> runs(spent.begin(), spent.end());
    std::ranges::sort(runs, {}, &PagesSpent::at);
    const double perDay = pagesPerDay;
    const double capacity = std::max(perDay * kBucket, std::min(perDay, 1.0));
    double tokens = capacity;
    Timestamp filledAt = now - kWindow;
    double today = 0;
    for (const PagesSpent& run : runs) {
        if (run.at < filledAt) {
            continue;
        }
        // Never below nothing: a larger budget of yesterday is no debt.
        tokens = std::min(capacity, tokens + perDay * Days(run.at - filledAt).count());
        tokens = std::max(0.0, tokens - run.pages);
        filledAt = run.at;
        if (run.at > now - days(1)) {
            today += run.pages;
        }
    }
    tokens = std::min(capacity, tokens + perDay * Days(now - filledAt).count());
    return static_cast<int>(std::floor(std::max(0.0, std::min(tokens, perDay - today)) + 1e-9));
}

}  // namespace rtbatch
