// What a process for each request costs: 30 hits over FastCGI, and as plain CGI behind each web server.

#include <catch2/catch.hpp>
#include <sstream>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "tests/clients/cached_rows.h"
#include "tests/support/web_servers.h"

namespace rtbatch::bench {
namespace {

constexpr int kMovies = 30;
constexpr std::size_t kRequests = 90;  // Apache and lighttpd close a connection after 100
constexpr int kConnections = 8;

std::vector<std::string> row(const std::string& name, std::uint16_t port,
                             const std::vector<std::string>& ids) {
    LoadPlan plan{.port = port,
                  .requests = {batchRequest("/api/v1/movies/batch", test::kKey, ids)},
                  .count = 4,
                  .check = sameCompleteBatch({.movies = kMovies})};
    runLoad(plan);  // what is slow once is over
    plan.count = kRequests;
    const LoadResult one = runLoad(plan);
    plan.connections = kConnections;
    plan.count = kRequests * kConnections / 2;
    const LoadResult many = runLoad(plan);
    INFO(name << ": " << one.firstFault << many.firstFault);
    CHECK(one.wrong + many.wrong == 0);
    return {name,
            number(percentile(one.firstEvent, 0.5)),
            number(percentile(one.firstEvent, 0.99)),
            number(percentile(one.end, 0.5)),
            number(percentile(one.end, 0.99)),
            number(many.perSecond(), 0)};
}

TEST_CASE("cgi", "[cgi]") {
    std::vector<std::vector<std::string>> rows{
        {"30 hits", "first event p50", "p99", "done p50", "p99 (ms)", "batches/s, 8 connections"}};
    for (const auto database : {test::Database::sqlite, test::Database::mariadb}) {
        test::Stack stack({.database = database});
        const auto ids = test::insertCachedRows(stack, kMovies);
        const auto named = [&](const auto& server) {
            std::ostringstream name;
            name << server << ", " << database;
            return name.str();
        };
        rows.push_back(row(named("FastCGI"), stack.http().port, ids));
        for (const auto kind : {test::WebServer::lighttpd, test::WebServer::apacheCgid,
                                test::WebServer::apacheCgi, test::WebServer::nginxFcgiwrap}) {
            auto environment = stack.handlerEnvironment();
            environment["RTBATCH_DATABASE_URL"] =
                database == test::Database::mariadb ? stack.mariadb().tcpUrl() : stack.databaseUrl();
            const test::CgiServer server(kind, environment);
            test::giveTo(kind, stack.directory());
            rows.push_back(row(named(kind), server.http().port, ids));
        }
    }
    printTable("cgi: a process for each request", rows);
}

}  // namespace
}  // namespace rtbatch::bench
