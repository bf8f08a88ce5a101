#include "bench/refresher_sim/simulation.h"

#include <catch2/catch.hpp>

#include <set>

#include "bench/refresher_sim/plot.h"

using namespace rtbatch;
using namespace rtbatch::sim;

namespace {

/// A small world in which a page is worth having: titles are asked for about twice in their lifetime.
WorldOptions smallWorld() {
    return {.titles = 500, .requestsPerDay = 500, .batchSize = 5, .days = 15, .warmUpDays = 15};
}

Result live(const World& world, Policy policy, int pagesPerDay) {
    return simulate(world, {.policy = policy, .pagesPerDay = pagesPerDay, .every = std::chrono::hours(3)});
}

}  // namespace

TEST_CASE("the simulated orders stand as they must") {
    const World world(smallWorld());
    constexpr int kPages = 32;
    const Result none = live(world, Policy::none, kPages);
    const Result oldest = live(world, Policy::oldest, kPages);
    const Result ours = live(world, Policy::ours, kPages);
    const Result known = live(world, Policy::knownDemand, kPages);
    const Result best = bestPossible(none, 15, kPages);
    const Result apart = bestApart(none, 15, kPages);

    CHECK(none.pages == 0);
    CHECK(oldest.cached() > none.cached());
    CHECK(ours.cached() > oldest.cached());
    CHECK(known.cached() > oldest.cached());
    CHECK(best.cached() > known.cached());
    CHECK(best.cached() > ours.cached());
    CHECK(ours.waiting() < oldest.waiting());
    CHECK(best.waiting() < ours.waiting());
    CHECK(best.waiting() < apart.waiting());
    CHECK(ours.pages <= 15 * kPages);
}

TEST_CASE("what the refresher saves is bound by its pages, and a budget of none saves nothing") {
    const World world(smallWorld());
    const Result none = live(world, Policy::none, 0);
    CHECK(live(world, Policy::ours, 0).misses == none.misses);
    for (const int pages : {16, 32, 160}) {
        CAPTURE(pages);
        const Result ours = live(world, Policy::ours, pages);
        // What was renewed in the warm-up may still save a wait after it.
        CHECK(none.misses - ours.misses <= ours.pages + 3 * pages);
        CHECK(none.misses > ours.misses);
    }
}

TEST_CASE("where old rows will do only films that were never fetched are waited for, whoever refreshes") {
    const World world(smallWorld());
    const Result none = live(world, Policy::none, 0);
    const Result ours = live(world, Policy::ours, 32);
    CHECK(none.waitedMaxStale > 0);
    CHECK(ours.waitedMaxStale == none.waitedMaxStale);
    for (const Result& result : {none, ours}) {
        CHECK(result.waitedMaxStale < result.waitedMaxStaleDay);
        CHECK(result.waitedMaxStaleDay < result.waited);
    }
}

TEST_CASE("the same seed gives the same world and the same lives, another seed others") {
    const World world(smallWorld());
    const Result once = live(world, Policy::ours, 32);
    CHECK(live(World(smallWorld()), Policy::ours, 32).waitedWith == once.waitedWith);
    WorldOptions other = smallWorld();
    other.seed = 2;
    CHECK(live(World(other), Policy::ours, 32).waitedWith != once.waitedWith);
}

TEST_CASE("a batch asks for different films, and a film that was replaced is asked for no more") {
    const World world(smallWorld());
    std::size_t replaced = 0;
    for (std::size_t i = 0; i < world.batches(); ++i) {
        const auto batch = world.batch(i);
        REQUIRE(std::set(batch.begin(), batch.end()).size() == batch.size());
        for (const std::int32_t title : batch) {
            REQUIRE(world.timeOf(i) <= world.title(title).until);
        }
    }
    for (const Title& title : world.titles()) {
        replaced += title.until != Title::kForEver ? 1 : 0;
    }
    // 2 % of 500 a week, for thirty days.
    CHECK(replaced == world.titles().size() - 500);
    CHECK(replaced >= 42);
    CHECK(replaced <= 44);
}

TEST_CASE("the best possible spends a page on each wait that it saves, the batches of fewest misses first") {
    const Result none{
        .answers = 100, .misses = 10, .batches = 10, .waited = 4, .waitedWith = {{0, 6}, {1, 2}, {4, 2}}};
    CHECK(bestPossible(none, 1, 1).misses == 9);
    CHECK(bestPossible(none, 1, 1).waited == 3);
    CHECK(bestPossible(none, 1, 5).waited == 2);
    CHECK(bestPossible(none, 1, 6).waited == 1);
    CHECK(bestPossible(none, 2, 3).waited == 1);
    CHECK(bestPossible(none, 1, 1000).waited == 0);
    CHECK(bestPossible(none, 1, 1000).pages == 10);
    // Half of the misses: half of the batches with one, one in 16 of those with four.
    CHECK(bestApart(none, 1, 5).waited == 3);
    CHECK(bestApart(none, 1, 1000).waited == 0);
}

TEST_CASE("the plot is a picture with all that was found") {
    const std::string svg = plot({500, 2000}, {{"ours", {0.3, 0.2}, {0.05, 0.05}}, {"none", {0.4, 0.4}, {}}},
                                 {{"ours", {0.02, 0.01}, {}}, {"none", {0.03, 0.03}, {}}}, "a small world");
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.ends_with("</svg>\n"));
    for (const char* text :
         {"ours: 30.0 %", "ours, all with max-stale: 5.0 %", "none: 3.0 %", "a small world", ">2000<"}) {
        CHECK_THAT(svg, Catch::Contains(text));
    }
}
