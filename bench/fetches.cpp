// Batches with films that must be fetched: the two pages at a time should be all that there is to wait for.

#include <catch2/catch.hpp>
#include <iostream>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "tests/clients/cached_rows.h"

namespace rtbatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMovies = 30;
constexpr std::chrono::milliseconds kWikidata = 500ms;
constexpr std::chrono::milliseconds kPage = 1000ms;
constexpr double kPagesAtOnce = 2;

/// Asks once for hits and misses together, in seconds to `done`; checks and prints the rest.
void measure(const std::string& name, std::size_t misses, double allowance) {
    const double least =
        std::chrono::duration<double>(kWikidata).count() +
        static_cast<double>(misses) / kPagesAtOnce * std::chrono::duration<double>(kPage).count();
    std::vector<std::vector<std::string>> rows{
        {name, "done s", "the least s", "ratio", "first event ms", "page requests", "Wikidata requests"}};
    std::vector<std::pair<std::string, double>> totals;
    for (const auto database : {test::Database::sqlite, test::Database::mariadb}) {
        test::Stack stack({.database = database});
        auto ids = test::insertCachedRows(stack, static_cast<int>(kMovies - misses) + 1);
        ids.resize(kMovies - misses);
        const auto unknown = test::standinFilms(static_cast<int>(misses));
        ids.insert(ids.end(), unknown.begin(), unknown.end());
        stack.upstreams().setLatency(test::Site::wikidata, kWikidata);
        stack.upstreams().setLatency(test::Site::rt, kPage);
        const LoadResult result =
            runLoad({.port = stack.http().port,
                     .requests = {batchRequest("/api/v1/movies/batch", test::kKey, ids)},
                     .count = 1,
                     .check = completeBatch({.movies = kMovies})});
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
        const double total = percentile(result.end, 1.0) / 1000;
        const auto pages = stack.upstreams().counts(test::Site::rt);
        const auto queries = stack.upstreams().counts(test::Site::wikidata);
        CHECK(pages.requests == static_cast<int>(misses));
        CHECK(pages.mostOpen <= 2);
        CHECK(queries.requests == 1);
        const std::string databaseName = database == test::Database::sqlite ? "SQLite" : "MariaDB";
        rows.push_back({databaseName, number(total, 2), number(least, 2), number(total / least, 3),
                        number(percentile(result.firstEvent, 1.0), 1), std::to_string(pages.requests),
                        std::to_string(queries.requests)});
        totals.emplace_back(databaseName, total);
    }
    printTable(name + ": 0.5 s Wikidata, 1.0 s pages, two at a time", rows);
    for (const auto& [databaseName, total] : totals) {
        goalAtMost(databaseName + ", done", total, least * allowance, "s");
    }
}

TEST_CASE("misses", "[misses]") {
    measure("30 misses", 30, 1.05);
}

TEST_CASE("mixed", "[mixed]") {
    measure("10 misses of 30", 10, 1.06);
}

}  // namespace
}  // namespace rtbatch::bench
