// Several handler processes that compete for the same two pages at a time: they should be as fast as one
// alone.

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <thread>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/processes.h"
#include "bench/report.h"
#include "tests/support/http_client.h"

namespace rtbatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRivals = 4;
constexpr std::chrono::milliseconds kWikidata = 500ms;
constexpr std::chrono::milliseconds kPage = 1000ms;

void slowDown(Processes& processes) {
    processes.upstreams().setLatency(test::Site::wikidata, kWikidata);
    processes.upstreams().setLatency(test::Site::rt, kPage);
}

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of.at(of.size() / 2);
}

struct Peaks {
    int wikidata;
    int pages;
};

Peaks peaksOf(Processes& processes) {
    return {processes.upstreams().counts(test::Site::wikidata).mostOpen,
            processes.upstreams().counts(test::Site::rt).mostOpen};
}

std::string text(const Peaks& peaks) {
    return std::to_string(peaks.wikidata) + " and " + std::to_string(peaks.pages);
}

/// Without this the other goals are easily kept.
void goalPolite(const Peaks& peaks) {
    goalAtMost("open at once at Wikidata", peaks.wikidata, 5, "", 0);
    goalAtMost("open at once at Rotten Tomatoes", peaks.pages, 2, "", 0);
}

struct Speed {
    double pagesPerSecond;
    Statements eachPage;
    Peaks mostOpen;
};

/// The same number of misses in all, each process with a batch of its own.
Speed speedOf(std::size_t count, std::size_t pages) {
    Processes processes(count);
    slowDown(processes);
    std::vector<Demand> demands;
    for (std::size_t i = 0; i < count; ++i) {
        demands.push_back({.process = i, .ids = processes.unseen(pages / count)});
    }
    const StatementMeter statements(processes.database());
    const double seconds = secondsToAnswer(processes, demands);
    return {static_cast<double>(pages) / seconds, statements.forEach(pages), peaksOf(processes)};
}

TEST_CASE("rivals: pages a second", "[rivals]") {
    constexpr std::size_t kPages = 48;
    const std::string title = std::to_string(kPages) + " misses, twice as many for the 4";
    std::vector<std::vector<std::string>> rows{{title, "pages/s", "statements a page", "reads", "writes",
                                                "prepared besides", "most open, Wikidata and RT"}};
    const auto row = [&rows](const std::string& name, const Speed& speed) {
        rows.push_back({name, number(speed.pagesPerSecond, 3), number(speed.eachPage.all),
                        number(speed.eachPage.reads), number(speed.eachPage.writes),
                        number(speed.eachPage.prepared), text(speed.mostOpen)});
    };
    const Speed alone = speedOf(1, kPages);
    row("1 process, 1 batch", alone);
    const Speed rivals = speedOf(kRivals, 2 * kPages);
    row("4 processes, 1 batch each", rivals);
    printTable("rivals: pages a second, MariaDB, each process with a socket and an nginx of its own", rows);
    goalPolite(rivals.mostOpen);
    goalAtLeast("pages a second of 4 / of 1", rivals.pagesPerSecond / alone.pagesPerSecond, 0.95, "x", 3);
    goalAtMost("statements a page, alone", alone.eachPage.all, 8, "");
    goalAtMost("statements a page, 4 rivals", rivals.eachPage.all, 8, "");
}

TEST_CASE("rivals: 100 batches at once for the same films", "[rivals]") {
    constexpr std::size_t kFilms = 30;
    constexpr int kBatches = 100;
    Processes processes(kRivals);
    slowDown(processes);
    const double one = secondsToAnswer(processes, {{.process = 0, .ids = processes.unseen(kFilms)}});
    const int before = processes.upstreams().counts(test::Site::rt).requests;

    const auto ids = processes.unseen(kFilms);
    std::vector<Demand> demands;
    for (std::size_t i = 0; i < kRivals; ++i) {
        demands.push_back({.process = i, .ids = ids, .clients = kBatches / static_cast<int>(kRivals)});
    }
    const double hundred = secondsToAnswer(processes, demands);
    const int pages = processes.upstreams().counts(test::Site::rt).requests - before;
    printTable("rivals: batches at once over 4 processes for the same 30 films",
               {{"30 misses", "done s, the last", "ratio", "page requests", "most open"},
                {"1 batch", number(one, 2), "", std::to_string(before), ""},
                {"100 batches", number(hundred, 2), number(hundred / one, 3), std::to_string(pages),
                 text(peaksOf(processes))}});
    goalPolite(peaksOf(processes));
    goalAtMost("100 batches / 1 batch", hundred / one, 1.10, "x", 3);
    goalAtMost("page requests", pages, kFilms, "", 0);
}

TEST_CASE("rivals: a batch of 1 beside a batch of 50", "[rivals]") {
    constexpr int kLarge = 2;
    constexpr int kSmallEach = 5;
    Processes processes(kRivals);
    slowDown(processes);
    std::vector<double> times;
    for (int large = 0; large < kLarge; ++large) {
        const std::vector<Demand> fifty{{.process = 0, .ids = processes.unseen(50)}};
        auto running = std::async(std::launch::async, [&] {
            return runLoad({.port = processes.stack(0).http().port,
                            .requests = {batchRequest("/api/v1/movies/batch", test::kKey, fifty[0].ids)},
                            .count = 1,
                            .check = completeBatch({.movies = 50})});
        });
        std::this_thread::sleep_for(kWikidata + 2 * kPage);  // its pages are under way
        for (int small = 0; small < kSmallEach; ++small) {
            const auto process = 1 + static_cast<std::size_t>(small) % (kRivals - 1);
            times.push_back(secondsToAnswer(processes, {{.process = process, .ids = processes.unseen(1)}}) /
                            std::chrono::duration<double>(kPage).count());
            std::this_thread::sleep_for(kPage * 3 / 10);  // not always at the same moment of a page
        }
        CHECK(running.wait_for(0s) != std::future_status::ready);  // or the last had nothing beside it
        const LoadResult result = running.get();
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
    }
    std::vector<std::string> head{"page times of 1.0 s"};
    std::vector<std::string> row{"a miss of another process"};
    std::ranges::sort(times);
    for (std::size_t i = 0; i < times.size(); ++i) {
        head.push_back(std::to_string(i + 1));
        row.push_back(number(times[i], 2));
    }
    printTable(
        "rivals: a batch of 1 while 50 misses are fetched by another process, 0.5 s of Wikidata in it, "
        "sorted",
        {head, row});
    goalAtMost("the slowest", times.back(), 3, "page times", 2);
}

std::map<std::string, test::Clock::time_point> arrivals(const test::HttpResponse& response) {
    std::map<std::string, test::Clock::time_point> result;
    for (const test::SseEvent& event : response.events()) {
        if (event.name == "movie") {
            result[event.data.substr(event.data.find("tt"), 9)] = event.at;
        }
    }
    return result;
}

struct Lag {
    std::vector<double> ms;  ///< of each film, from the client who has it first to the other
    int pages;               ///< requests at Rotten Tomatoes
};

/// The same misses asked of both processes.
Lag lagBetween(Processes& processes) {
    constexpr std::size_t kFilms = 30;
    slowDown(processes);
    const auto ids = processes.unseen(kFilms);
    const auto ask = [&](std::size_t process) {
        return std::async(std::launch::async, [&, process] {
            test::HttpClient client(processes.stack(process).http(), test::batchOf(ids));
            return client.readToEnd(120s);
        });
    };
    auto first = ask(0);
    std::this_thread::sleep_for(kWikidata / 2);  // the first holds the flights by then
    auto second = ask(1);
    const auto there = arrivals(first.get());
    const auto here = arrivals(second.get());
    REQUIRE(there.size() == kFilms);
    REQUIRE(here.size() == kFilms);
    Lag lag{.ms = {}, .pages = processes.upstreams().counts(test::Site::rt).requests};
    for (const auto& [id, at] : there) {
        lag.ms.push_back(std::abs(std::chrono::duration<double, std::milli>(here.at(id) - at).count()));
    }
    return lag;
}

TEST_CASE("rivals: the wait for a film that another process fetches", "[rivals]") {
    std::vector<std::vector<std::string>> rows{
        {"30 films, the other process", "lag, median ms", "max ms", "page requests"}};
    const auto measure = [&rows](const std::string& name, Processes& processes) {
        const Lag lag = lagBetween(processes);
        const double longest = std::ranges::max(lag.ms);
        rows.push_back({name, number(median(lag.ms)), number(longest), std::to_string(lag.pages)});
        return longest;
    };
    double longest = 0;
    {
        Processes neighbours(2);
        longest = measure("on this host", neighbours);
    }
    if (::geteuid() == 0) {
        Processes apart(1);
        apart.addElsewhere();
        longest = std::max(longest, measure("on another", apart));
    } else {
        std::cout << "\nrivals: not as root, so without a process on another host" << std::endl;
    }
    printTable(
        "rivals: the same misses asked of two processes: a film at the client of one, and of the other",
        rows);
    goalAtMost("the longest lag", longest, 150, "ms");
}

TEST_CASE("rivals: the lone process against older programs", "[rivals]") {
    constexpr int kRounds = 5;
    constexpr std::size_t kFilms = 30;
    const char* programs = std::getenv("RTBATCH_BENCH_OLD");
    if (programs == nullptr) {
        std::cout << "\nrivals: no --old BIN_DIR to compare the lone process with" << std::endl;
        return;
    }
    Processes now(1);
    Processes before(1, programs);
    std::vector<double> nows;
    std::vector<double> befores;
    std::vector<double> ratios;
    std::vector<std::vector<std::string>> rows{{"30 misses", "now s", "before s", "ratio"}};
    for (int round = 0; round < kRounds; ++round) {
        for (const bool first : {true, false}) {
            // In turns, and each goes first in every other round.
            const bool isNow = first == (round % 2 == 0);
            Processes& processes = isNow ? now : before;
            slowDown(processes);
            (isNow ? nows : befores)
                .push_back(secondsToAnswer(processes, {{.process = 0, .ids = processes.unseen(kFilms)}}));
        }
        ratios.push_back(nows.back() / befores.back());
        rows.push_back({"round " + std::to_string(round + 1), number(nows.back(), 3),
                        number(befores.back(), 3), number(ratios.back(), 3)});
    }
    rows.push_back(
        {"median", number(median(nows), 3), number(median(befores), 3), number(median(ratios), 3)});
    printTable("rivals: one process alone, and the programs of --old", rows);
    goalAtMost("now / before, medians", median(nows) / median(befores), 1.02, "x", 3);
}

}  // namespace
}  // namespace rtbatch::bench
