// What the refresher's order is worth, on a simulated clock. No database and no site is asked.

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/refresher_sim/plot.h"
#include "bench/refresher_sim/simulation.h"

namespace {

using namespace rtbatch::sim;

constexpr int kUsage = 64;
constexpr int kCannotWrite = 74;

constexpr std::array kPolicies{Policy::none, Policy::oldest, Policy::mostPopular, Policy::ours,
                               Policy::knownDemand};

/// What each line of the table and each bar of the plot is, in this order.
constexpr std::array kNames{"no refresher",       "oldest first",        "most popular first", "ours",
                            "ours, demand known", "best, batches apart", "best possible"};

struct Options {
    WorldOptions world{};
    std::vector<int> budgets{500, 2000, 8000};
    int every = 5;
    std::string svg{};
};

/// The results of all policies for one budget, in the order of kNames.
using Results = std::vector<Result>;

Options parse(const std::vector<std::string>& words) {
    Options options;
    const std::map<std::string, std::function<void(const std::string&)>> known{
        {"--svg", [&](const std::string& value) { options.svg = value; }},
        {"--titles", [&](const std::string& value) { options.world.titles = std::stoi(value); }},
        {"--requests", [&](const std::string& value) { options.world.requestsPerDay = std::stoi(value); }},
        {"--batch", [&](const std::string& value) { options.world.batchSize = std::stoi(value); }},
        {"--new", [&](const std::string& value) { options.world.newPerWeek = std::stod(value) / 100; }},
        {"--seed", [&](const std::string& value) { options.world.seed = std::stoull(value); }},
        {"--every", [&](const std::string& value) { options.every = std::stoi(value); }},
        {"--budgets", [&](const std::string& value) {
             options.budgets.clear();
             std::istringstream list(value);
             for (int budget = 0; list >> budget;) {
                 options.budgets.push_back(budget);
             }
         }}};
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const auto option = known.find(words[i]);
        if (option == known.end() || i + 1 == words.size()) {
            throw std::invalid_argument(words[i] + " is unknown, or lacks its value");
        }
        option->second(words[i + 1]);
    }
    if (options.budgets.empty() || options.every < 1) {
        throw std::invalid_argument("there must be a budget, and a minute between two runs");
    }
    return options;
}

/// Lives of all policies in the same world, as many at a time as there are cores.
std::vector<Results> liveAll(const World& world, const Options& options) {
    struct Task {
        RefresherOptions refresher;
        Result result{};
    };
    std::vector<Task> tasks;
    for (const int budget : options.budgets) {
        for (const Policy policy : kPolicies) {
            if (policy != Policy::none || tasks.empty()) {  // without a refresher there is no budget
                tasks.push_back({{.policy = policy,
                                  .pagesPerDay = budget,
                                  .every = std::chrono::minutes(options.every)}});
            }
        }
    }
    {
        std::atomic<std::size_t> next = 0;
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
            threads.emplace_back([&] {
                for (std::size_t task = next++; task < tasks.size(); task = next++) {
                    tasks[task].result = simulate(world, tasks[task].refresher);
                }
            });
        }
    }
    std::vector<Results> all;
    const Result none = tasks.front().result;
    for (std::size_t i = 1; i < tasks.size(); i += kPolicies.size() - 1) {
        Results results{none};
        for (std::size_t j = i; j < i + kPolicies.size() - 1; ++j) {
            results.push_back(tasks[j].result);
        }
        const int budget = tasks[i].refresher.pagesPerDay;
        results.push_back(bestApart(none, world.options().days, budget));
        results.push_back(bestPossible(none, world.options().days, budget));
        all.push_back(std::move(results));
    }
    return all;
}

std::string caption(const WorldOptions& world) {
    std::ostringstream out;
    out << world.titles << " titles, Zipf 1.0, " << world.newPerWeek * 100 << " % of them new each week, "
        << world.requestsPerDay << " requests a day in batches of " << world.batchSize << ", " << world.days
        << " days, simulated";
    return out.str();
}

void show(const std::vector<int>& budgets, const std::vector<Results>& all) {
    std::cout << "pages a day  order                  cached      batches that   with max-stale:      pages "
                 "of the   "
                 "pages of the\n"
                 "                                    answers     had to wait    a day    any age     "
                 "refresher      "
                 "handler\n";
    for (std::size_t b = 0; b < budgets.size(); ++b) {
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            const Result& result = all[b][i];
            std::cout << std::right << std::setw(11) << budgets[b] << "  " << std::left << std::setw(20)
                      << kNames[i] << std::right << std::fixed << std::setprecision(2) << std::setw(8)
                      << result.cached() * 100 << " %" << std::setw(14) << result.waiting() * 100 << " %";
            if (i < kPolicies.size()) {
                std::cout << std::setw(8) << result.ofBatches(result.waitedMaxStaleDay) * 100 << " %"
                          << std::setw(8) << result.ofBatches(result.waitedMaxStale) * 100 << " %";
            } else {
                std::cout << std::setw(20) << "";
            }
            std::cout << std::setw(16) << result.pages << std::setw(15) << result.misses << "\n";
        }
    }
}

bool draw(const std::string& path, const Options& options, const std::vector<Results>& all) {
    std::vector<Series> waiting;
    std::vector<Series> missed;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        waiting.push_back({.name = kNames[i], .shares = {}});
        missed.push_back({.name = kNames[i], .shares = {}});
        for (const Results& results : all) {
            waiting.back().shares.push_back(results[i].waiting());
            if (i < kPolicies.size()) {
                waiting.back().feet.push_back(results[i].ofBatches(results[i].waitedMaxStale));
            }
            missed.back().shares.push_back(1 - results[i].cached());
        }
    }
    std::ofstream file(path);
    file << plot(options.budgets, waiting, missed, caption(options.world));
    return static_cast<bool>(file.flush());
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    try {
        options = parse({argv + 1, argv + argc});
        const World world(options.world);
        std::cout << caption(options.world) << "\n";
        const std::vector<Results> all = liveAll(world, options);
        show(options.budgets, all);
        if (!options.svg.empty() && !draw(options.svg, options, all)) {
            std::cerr << "refresher-sim: cannot write " << options.svg << "\n";
            return kCannotWrite;
        }
        return 0;
    } catch (const std::exception& e) {
        std::cerr
            << "refresher-sim: " << e.what()
            << "\nusage: refresher-sim [--svg FILE] [--budgets \"PAGES_A_DAY ...\"] [--titles N] [--requests "
               "A_DAY] [--batch N]\n                     [--new PERCENT_A_WEEK] [--every MINUTES] [--seed "
               "N]\n";
        return kUsage;
    }
}
