// How many leases a database carries: pairs of taking and giving back a second, from several processes' worth
// of connections, on names of their own and on one name that all want.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "common/lease/lease.h"
#include "common/store/migrate.h"
#include "tests/support/mariadb.h"

namespace {

using namespace rtbatch;
using namespace std::chrono_literals;

constexpr auto kSpan = 2s;

struct Rate {
    double pairs;
    double refused;
};

Rate measure(const StoreOptions& options, int connections, bool oneName) {
    std::atomic<long> pairs = 0;
    std::atomic<long> refused = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < connections; ++i) {
            threads.emplace_back([&, i] {
                Store store(options);
                Leases leases(store, Owner::parse("bench/1/1:" + std::to_string(i) + ":1"));
                const std::string name = oneName ? "one" : "own." + std::to_string(i);
                for (const Deadline end = Deadline::in(kSpan); !end.passed();) {
                    auto lease = leases.acquire(name, 60s);
                    ++(lease ? pairs : refused);
                }
            });
        }
    }
    const double seconds = std::chrono::duration<double>(kSpan).count();
    return {static_cast<double>(pairs) / seconds, static_cast<double>(refused) / seconds};
}

void row(const char* database, const StoreOptions& options) {
    for (const int connections : {1, 4, 16}) {
        const Rate own = measure(options, connections, false);
        const Rate one = measure(options, connections, true);
        std::printf(
            "%-9s %3d connections   own names %8.0f pairs/s   one name %8.0f pairs/s, %8.0f refused/s\n",
            database, connections, own.pairs, one.pairs, one.refused);
    }
}

}  // namespace

int main() {
    std::printf("\nleases: taken and given back\n");
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("rtbatch-lease-bench-" + std::to_string(::getpid()));
    const StoreOptions sqlite{.url = "sqlite:" + (directory / "rtbatch.db").string(), .timeout = 20s};
    migrate(sqlite);
    row("SQLite", sqlite);
    std::filesystem::remove_all(directory);
    const test::MariaDb server;
    const StoreOptions mariadb{.url = server.url(), .timeout = 20s};
    migrate(mariadb);
    row("MariaDB", mariadb);
    return 0;
}
