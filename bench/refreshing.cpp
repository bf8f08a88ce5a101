// A person's batch while the refresher has its page open: it should wait for that one page at the most.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "bench/checks.h"
#include "bench/load.h"
#include "bench/report.h"
#include "tests/clients/cached_rows.h"
#include "tests/support/child.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"

namespace rtbatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMisses = 10;
constexpr int kBatches = 5;
constexpr std::chrono::milliseconds kWikidata = 500ms;
constexpr std::chrono::milliseconds kPage = 1000ms;

/// Milliseconds to `done` of batches of unknown films, one after another.
double medianOf(test::Stack& stack, const std::vector<std::string>& films, std::size_t from) {
    std::vector<std::chrono::nanoseconds> ends;
    for (int i = 0; i < kBatches; ++i, from += kMisses) {
        const std::vector<std::string> ids(films.begin() + static_cast<std::ptrdiff_t>(from),
                                           films.begin() + static_cast<std::ptrdiff_t>(from + kMisses));
        const LoadResult result =
            runLoad({.port = stack.http().port,
                     .requests = {batchRequest("/api/v1/movies/batch", test::kKey, ids)},
                     .count = 1,
                     .check = completeBatch({.movies = kMisses})});
        INFO(result.firstFault);
        REQUIRE(result.wrong == 0);
        ends.push_back(result.end.front());
    }
    return percentile(ends, 0.5);
}

TEST_CASE("refreshing", "[refreshing]") {
    test::Stack stack({.database = test::Database::mariadb,
                       .settings = {{"refresher.pages_per_day", "100000"}, {"demand.flush_s", "600"}}});
    const auto films = test::standinFilms(2 * kBatches * static_cast<int>(kMisses) + 200);
    const std::vector<std::string> old(films.end() - 200, films.end());
    stack.warm(old);
    stack.expire(old);
    stack.upstreams().setLatency(test::Site::wikidata, kWikidata);
    stack.upstreams().setLatency(test::Site::rt, kPage);
    const double alone = medianOf(stack, films, 0);
    test::Child refresher({.command = {test::program("rtbatch-refresher"), "run", "--max-time", "300"},
                           .env = stack.handlerEnvironment(),
                           .log = stack.directory() / "refresher.log"});
    REQUIRE(test::eventually(20s, [&] { return stack.upstreams().counts(test::Site::rt).open > 0; }));
    const double beside = medianOf(stack, films, kBatches * kMisses);
    CHECK(refresher.stop(30s) == 0);
    const auto pages = stack.upstreams().counts(test::Site::rt);
    CHECK(pages.mostOpen <= 2);
    const double later = (beside - alone) / static_cast<double>(kPage.count());
    printTable("10 misses, alone and beside a run of the refresher (medians of 5)",
               {{"", "done s"},
                {"alone", number(alone / 1000, 2)},
                {"beside a run", number(beside / 1000, 2)},
                {"later by, in times of a page", number(later, 2)}});
    goalAtMost("later by", later, 1.0, "times of a page", 2);
}

}  // namespace
}  // namespace rtbatch::bench
