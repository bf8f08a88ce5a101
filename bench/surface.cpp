// What keys, quota, metrics and logs cost on the hot path: the same cached batches with them and without, in
// turns.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <optional>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "bench/shares.h"
#include "tests/clients/cached_rows.h"
#include "tests/support/child.h"
#include "tests/support/programs.h"

namespace rtbatch::bench {
namespace {

constexpr int kMovies = 30;
constexpr int kConnections = 16;
constexpr int kTurns = 24;
constexpr std::chrono::milliseconds kTurn{1500};

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of.at(of.size() / 2);
}

/// A key of an hourly quota that is never used up.
std::string keyOf(const test::Stack& stack) {
    std::string printed = test::runProgram(
        {test::program("rtbatch-admin"), "keys", "create", "--name", "bench", "--hourly", "1000000000"},
        stack.handlerEnvironment());
    return printed.substr(0, printed.find('\n'));
}

/// One stack, and what it did in its turns.
class Way {
public:
    Way(std::string name, const test::StackOptions& options, bool withKey)
        : _name(std::move(name)), _stack(options) {
        const auto ids = test::insertCachedRows(_stack, kMovies);
        _plan = {
            .port = _stack.http().port,
            .requests = {batchRequest("/api/v1/movies/batch", withKey ? keyOf(_stack) : test::kKey, ids)},
            .connections = kConnections,
            .span = std::chrono::seconds(1),
            .check = sameCompleteBatch({.movies = kMovies})};
        runLoad(_plan);
        _plan.span = kTurn;
    }

    void takeTurn() {
        const CpuMeter handler({_stack.handler().pid()});
        const LoadResult result = runLoad(_plan);
        INFO(_name << ": " << result.firstFault);
        REQUIRE(result.wrong == 0);
        _rates.push_back(result.perSecond());
        _cpu.push_back(handler.microsecondsEach(result.end.size()));
    }

    double rate() const { return median(_rates); }
    std::vector<std::string> row() const { return {_name, number(rate(), 0), number(median(_cpu), 0)}; }

private:
    std::string _name;
    test::Stack _stack;
    LoadPlan _plan;
    std::vector<double> _rates;
    std::vector<double> _cpu;
};

TEST_CASE("surface", "[surface]") {
    std::vector<std::unique_ptr<Way>> ways;
    ways.push_back(std::make_unique<Way>("a key with a quota, a line of the log for each batch",
                                         test::StackOptions{.database = test::Database::mariadb}, true));
    ways.push_back(std::make_unique<Way>(
        "a key with a quota, no line",
        test::StackOptions{.database = test::Database::mariadb, .settings = {{"log.level", "warning"}}},
        true));
    ways.push_back(std::make_unique<Way>(
        "no key is looked at, no line",
        test::StackOptions{.database = test::Database::mariadb,
                           .settings = {{"auth.required", "false"}, {"log.level", "warning"}}},
        false));
    if (const char* old = std::getenv("RTBATCH_BENCH_OLD")) {
        ways.push_back(std::make_unique<Way>(
            "the older programs", test::StackOptions{.database = test::Database::mariadb, .programs = old},
            false));
    }
    std::vector<Way*> order;
    for (const auto& way : ways) {
        order.push_back(way.get());
    }
    for (int turn = 0; turn < kTurns; ++turn) {
        for (Way* way : order) {
            way->takeTurn();
        }
        std::ranges::reverse(order);  // who comes after whom matters as much as what is measured
    }
    std::vector<std::vector<std::string>> rows{{"batches of 30 hits", "requests/s", "handler us each"}};
    for (const auto& way : ways) {
        rows.push_back(way->row());
    }
    printTable("surface: 16 kept connections, MariaDB, through nginx; medians of 24 turns of 1.5 s", rows);
    goalAtLeast("with keys, quota and log ÷ without", ways[0]->rate() / ways[2]->rate(), 0.95, "", 3);
    if (ways.size() > 3) {
        goalAtLeast("with keys, quota, log and metrics ÷ the older programs",
                    ways[0]->rate() / ways[3]->rate(), 0.95, "", 3);
    }
}

}  // namespace
}  // namespace rtbatch::bench
