// What the refresher's order is worth, on a simulated clock. No database and no site is asked.
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/refresher_sim/plot.h"
#include "bench/refresher_sim/simulation.h"

namespace {

using namespace rtbatch::sim;

struct Named {
    std::string name;
    std::vector<Result> results;  // by budget
};

void show(const std::string& name, int budget, const Result& result) {
    std::cout << std::left << std::setw(22) << name << std::right << std::setw(8) << budget << std::fixed
              << std::setprecision(3) << std::setw(10) << result.cached() * 100 << " %"
              << std::setprecision(2) << std::setw(10) << result.waiting() * 100 << " %" << std::setw(10)
              << result.pages << std::setw(10) << result.misses << "\n";
}

}  // namespace

int main(int argc, char** argv) {
    std::map<std::string, std::string> options{{"--svg", ""},
                                               {"--titles", "20000"},
                                               {"--requests", "200000"},
                                               {"--seed", "1"},
                                               {"--budgets", "500 2000 8000"}};
    for (int i = 1; i < argc; i += 2) {
        if (!options.contains(argv[i]) || i + 1 >= argc) {
            std::cerr << "refresher-sim: " << argv[i]
                      << "? Known are --svg FILE, --titles N, --requests N a day, --seed N, "
                      << "--budgets \"N N ...\" pages a day\n";
            return 64;
        }
        options[argv[i]] = argv[i + 1];
    }
    WorldOptions world;
    world.titles = std::stoi(options["--titles"]);
    world.requestsPerDay = std::stoi(options["--requests"]);
    world.seed = std::stoull(options["--seed"]);
    std::vector<int> budgets;
    std::istringstream list(options["--budgets"]);
    for (int budget = 0; list >> budget;) {
        budgets.push_back(budget);
    }

    std::cout << world.titles << " titles, " << world.requestsPerDay << " requests a day in batches of "
              << world.batchSize << ", " << world.days << " days\n"
              << "order                  pages/day    cached      waited     pages    misses\n";
    const Result none = simulate(world, Policy::none, 0);
    std::vector<Named> all{{"no refresher", {}}, {"oldest first", {}},       {"most popular first", {}},
                           {"ours", {}},         {"ours, demand known", {}}, {"best possible", {}}};
    for (const int budget : budgets) {
        const std::vector<Result> results{none,
                                          simulate(world, Policy::oldest, budget),
                                          simulate(world, Policy::mostPopular, budget),
                                          simulate(world, Policy::ours, budget),
                                          simulate(world, Policy::knownDemand, budget),
                                          bestPossible(none, world.days, budget)};
        for (std::size_t i = 0; i < results.size(); ++i) {
            show(all[i].name, budget, results[i]);
            all[i].results.push_back(results[i]);
        }
    }
    if (options["--svg"].empty()) {
        return 0;
    }
    std::vector<Series> waiting;
    std::vector<Series> missed;
    for (const Named& one : all) {
        waiting.push_back({one.name, {}});
        missed.push_back({one.name, {}});
        for (const Result& result : one.results) {
            waiting.back().shares.push_back(result.waiting());
            missed.back().shares.push_back(1 - result.cached());
        }
    }
    std::ofstream file(options["--svg"]);
    file << plot(budgets, waiting, missed,
                 std::to_string(world.titles) + " titles, Zipf 1.0, 2 % of them new each week, " +
                     std::to_string(world.requestsPerDay) + " requests a day in batches of " +
                     std::to_string(world.batchSize) + ", " + std::to_string(world.days) +
                     " days, simulated");
    return file.flush() ? 0 : 74;
}
