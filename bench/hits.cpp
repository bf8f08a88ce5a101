// 30 hits, one request at a time: how long a swiper waits when everything is in the cache.

#include <catch2/catch.hpp>
#include <iostream>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "tests/clients/cached_rows.h"

namespace rtbatch::bench {
namespace {

constexpr int kMovies = 30;
constexpr std::size_t kRequests = 1000;
constexpr double kFirstEventGoal = 10;  // ms, p99
constexpr double kDoneGoal = 25;

TEST_CASE("hits", "[hits]") {
    std::vector<std::vector<std::string>> rows{
        {"30 hits, 1,000 requests", "first event p50", "p99", "max", "done p50", "p99", "max", "(ms)"}};
    std::vector<std::pair<std::string, LoadResult>> results;
    for (const auto database : {test::Database::sqlite, test::Database::mariadb}) {
        test::Stack stack({.database = database});
        const auto ids = test::insertCachedRows(stack, kMovies);
        LoadPlan plan{.port = stack.http().port,
                      .requests = {batchRequest("/api/v1/movies/batch", test::kKey, ids)},
                      .count = 20,
                      .check = sameCompleteBatch({.movies = kMovies})};
        runLoad(plan);  // connections to the database are made and kept
        plan.count = kRequests;
        LoadResult result = runLoad(plan);
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
        const std::string name = database == test::Database::sqlite ? "SQLite" : "MariaDB";
        std::vector<std::string> row{name};
        for (const auto* times : {&result.firstEvent, &result.end}) {
            for (const double share : {0.5, 0.99, 1.0}) {
                row.push_back(number(percentile(*times, share), 2));
            }
        }
        rows.push_back(row);
        results.emplace_back(name, std::move(result));
    }
    printTable("hits: one connection, through nginx", rows);
    for (const auto& [name, result] : results) {
        goalAtMost(name + ", first event p99", percentile(result.firstEvent, 0.99), kFirstEventGoal, "ms");
        goalAtMost(name + ", done p99", percentile(result.end, 0.99), kDoneGoal, "ms");
    }
}

}  // namespace
}  // namespace rtbatch::bench
