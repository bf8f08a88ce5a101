// Thousands of streams open at once, waiting on slow pages: what each costs, and that all end.

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <iostream>
#include <thread>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "bench/shares.h"
#include "tests/clients/cached_rows.h"
#include "tests/support/eventually.h"
#include "tests/support/process_info.h"

namespace rtbatch::bench {
namespace {

using namespace std::chrono_literals;

struct Kind {
    std::string name;
    int streams;
    double memoryGoal;  ///< kB a stream, in the handler
    int films;          ///< in all; each stream asks for some of them
    std::size_t each;   ///< how many
    std::chrono::milliseconds page;
};

double kiloBytes(std::size_t bytes) {
    return static_cast<double>(bytes) / 1000;
}

TEST_CASE("streams", "[streams]") {
    std::vector<std::vector<std::string>> rows{{"streams", "all open after s", "handler kB each",
                                                "nginx kB each", "handler CPU % waiting", "done s, all",
                                                "wrong"}};
    std::vector<std::pair<Kind, double>> memory;
    for (const Kind& kind : {Kind{"4,000, 3 of 8 films each", 4000, 12, 8, 3, 8000ms},
                             Kind{"2,000, 30 of 30 films each", 2000, 25, 30, 30, 2000ms}}) {
        test::Stack stack({.settings = {{"handler.max_streams", "12000"}}});
        const auto hits = test::insertCachedRows(stack, 30);
        runLoad({.port = stack.http().port,
                 .requests = {batchRequest("/api/v1/movies/batch", test::kKey, hits)},
                 .connections = 8,
                 .count = 200,
                 .check = completeBatch({.movies = 30})});  // what is made once for all is there from here on
        stack.upstreams().setLatency(test::Site::rt, kind.page);
        const auto films = test::standinFilms(kind.films);
        std::vector<std::string> requests;
        for (std::size_t first = 0; first < films.size(); ++first) {
            std::vector<std::string> ids;
            for (std::size_t i = 0; i < kind.each; ++i) {
                ids.push_back(films[(first + i) % films.size()]);
            }
            requests.push_back(batchRequest("/api/v1/movies/batch", test::kKey, ids));
        }
        const pid_t handler = stack.handler().pid();
        const pid_t nginx = family(stack.nginx().process().pid()).front();
        const std::size_t handlerBefore = test::residentBytes(handler);
        const std::size_t nginxBefore = test::residentBytes(nginx);
        std::atomic<std::size_t> begun = 0;
        const auto started = Clock::now();
        auto load = std::async(std::launch::async, [&] {
            return runLoad({.port = stack.http().port,
                            .requests = requests,
                            .connections = kind.streams,
                            .count = static_cast<std::size_t>(kind.streams),
                            .check = completeBatch({.movies = kind.each}),
                            .progress = [&](std::size_t count) { begun = count; }});
        });
        const bool allOpen =
            test::eventually(30s, [&] { return begun == static_cast<std::size_t>(kind.streams); });
        const std::chrono::duration<double> openAfter = Clock::now() - started;
        const CpuMeter cpu({handler});
        std::this_thread::sleep_for(1s);  // nothing to wait for: this is the span that is measured
        const double busy = cpu.percent();
        const double each = kiloBytes(test::residentBytes(handler) - handlerBefore) / kind.streams;
        const double nginxEach = kiloBytes(test::residentBytes(nginx) - nginxBefore) / kind.streams;
        const LoadResult result = load.get();
        INFO(result.firstFault);
        CHECK(allOpen);
        CHECK(result.wrong == 0);
        CHECK(result.end.size() == static_cast<std::size_t>(kind.streams));
        rows.push_back({kind.name, number(openAfter.count(), 2), number(each), number(nginxEach),
                        number(busy), number(std::chrono::duration<double>(result.span).count()),
                        std::to_string(result.wrong)});
        memory.emplace_back(kind, each);
    }
    printTable("streams: open at once through nginx, waiting on slow pages, SQLite", rows);
    for (const auto& [kind, each] : memory) {
        goalAtMost(kind.name + ", handler memory", each, kind.memoryGoal, "kB a stream");
    }
}

}  // namespace
}  // namespace rtbatch::bench
