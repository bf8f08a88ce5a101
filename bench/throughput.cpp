// Cached batches as fast as they come: what one small machine can serve.

#include <catch2/catch.hpp>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "bench/shares.h"
#include "tests/clients/cached_rows.h"

namespace rtbatch::bench {
namespace {

constexpr int kMovies = 30;
constexpr int kConnections = 16;
constexpr std::chrono::seconds kSpan{10};

TEST_CASE("throughput", "[throughput]") {
    std::vector<std::vector<std::string>> rows{{"batches of 30 hits", "requests/s", "p50 ms", "p99 ms",
                                                "MB/s", "handler us each", "nginx us", "MariaDB us"}};
    for (const auto database : {test::Database::mariadb, test::Database::sqlite}) {
        test::Stack stack({.database = database});
        const auto ids = test::insertCachedRows(stack, kMovies);
        LoadPlan plan{.port = stack.http().port,
                      .requests = {batchRequest("/api/v1/movies/batch", test::kKey, ids)},
                      .connections = kConnections,
                      .span = std::chrono::seconds(1),
                      .check = sameCompleteBatch({.movies = kMovies})};
        runLoad(plan);
        plan.span = kSpan;
        const bool mariadb = database == test::Database::mariadb;
        const CpuMeter nginx(family(stack.nginx().process().pid()));
        const CpuMeter handler({stack.handler().pid()});
        const CpuMeter server(mariadb ? std::vector<pid_t>{mariadbOf(stack)} : std::vector<pid_t>{});
        const LoadResult result = runLoad(plan);
        const auto each = [&](const CpuMeter& meter) {
            return number(meter.microsecondsEach(result.end.size()), 0);
        };
        const std::vector<std::string> shares{each(handler), each(nginx), mariadb ? each(server) : "-"};
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
        const double seconds = std::chrono::duration<double>(result.span).count();
        std::vector<std::string> row{mariadb ? "MariaDB" : "SQLite", number(result.perSecond(), 0),
                                     number(percentile(result.end, 0.5), 2),
                                     number(percentile(result.end, 0.99), 2),
                                     number(static_cast<double>(result.bytes) / seconds / 1e6, 0)};
        row.insert(row.end(), shares.begin(), shares.end());
        rows.push_back(std::move(row));
    }
    printTable("throughput: 16 kept connections, 10 s, through nginx; every answer checked", rows);
}

}  // namespace
}  // namespace rtbatch::bench
