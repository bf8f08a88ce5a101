// Rows that a handler keeps in memory (cache.memory_mb, cache.memory_s).
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kFilms = madeUpMovies(1, 3);

StackOptions keeping(const std::string& seconds, Database database = Database::sqlite) {
    return {.database = database,
            .settings = {
                {"cache.memory_mb", "32"}, {"cache.memory_s", seconds}, {"database.timeout_ms", "1000"}}};
}

std::string firstVerdict(Stack& stack) {
    const HttpResponse response = ask(stack.http(), batchOf(kFilms));
    INFO(response.body());
    checkWhole(response, kFilms);
    return verdictOf(response, kFilms[0]);
}

}  // namespace

TEST_CASE("a batch of rows in memory needs no database, and one more row needs it", "[memory]") {
    Stack stack(keeping("3600", Database::mariadb));
    stack.warm(kFilms);
    const std::string movie = "/api/v1/movie/" + kFilms[0];
    const HttpResponse before = ask(stack.http(), {.path = movie, .headers = {{"X-API-Key", kKey}}});
    stack.mariadb().stop();
    CHECK(firstVerdict(stack) == "movie cached");
    CHECK(ask(stack.http(), batchOf(madeUpMovies(1, 4))).status() == 503);
    const HttpResponse after = ask(
        stack.http(),
        {.path = movie, .headers = {{"X-API-Key", kKey}, {"If-None-Match", before.header("etag").value()}}});
    CHECK(after.status() == 304);
    const std::string metrics = ask(stack.http(), {.path = "/metrics"}).body();
    CHECK_THAT(metrics, Catch::Contains("rtbatch_row_memory_lookups_total{result=\"hit\"} 8\n") &&
                            Catch::Contains("rtbatch_row_memory_lookups_total{result=\"miss\"} 4\n"));
    stack.mariadb().start();
}

TEST_CASE("a purged row is gone when its time in memory is over", "[memory]") {
    Stack stack(keeping("1"));
    stack.warm(kFilms);
    runProgram({program("rtbatch-admin"), "purge", kFilms[0]}, stack.handlerEnvironment());
    CHECK(eventually(20s, [&] { return firstVerdict(stack) == "movie fetched"; }));
}

TEST_CASE("a row that somebody else renews is seen when the old one's time in memory is over", "[memory]") {
    Stack stack(keeping("1"));
    stack.warm(kFilms);
    stack.sql("UPDATE rt_cache SET cached_at = cached_at + 5 WHERE imdb_id = '" + kFilms[0] + "'");
    const auto cachedAt = [&] {
        return outcomeOf(ask(stack.http(), batchOf(kFilms)), kFilms[0])
            .fields->getValue<std::string>("cachedAt");
    };
    const std::string old = cachedAt();
    CHECK(eventually(20s, [&] { return cachedAt() != old; }));
}

TEST_CASE("without memory every batch asks the database", "[memory]") {
    Stack stack({.settings = {{"cache.memory_mb", "0"}}});
    stack.warm(kFilms);
    stack.sql("DELETE FROM rt_cache");
    CHECK(firstVerdict(stack) == "movie fetched");
    CHECK_THAT(ask(stack.http(), {.path = "/metrics"}).body(),
               Catch::Contains("rtbatch_row_memory_lookups_total{result=\"hit\"} 0\n"));
}

TEST_CASE("a page that lost its facts does not get into memory: the old row is answered from the database",
          "[memory]") {
    Stack stack(keeping("3600"));
    stack.warm(kFilms);
    stack.stopHandler();
    stack.expire(kFilms);
    stack.upstreams().setFault(Site::rt, "no_scorecard");
    stack.startHandler();
    REQUIRE(stack.waitUntilReady());
    CHECK(firstVerdict(stack) == "movie stale");
    CHECK(firstVerdict(stack) == "movie stale");
}
