// rtbatch-refresher sync-ids, from outside: what it asks, what it brings, and what becomes of it when it is
// killed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/commands.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr int kAll = 200'000;
constexpr int kFewer = 60'000;  // for what is done several times

/// At the sizes that quick answers lead to, 5,000 values in the first page and 10,000 in each that follows,
/// and one page for the series. In 1,000 films there are two more values, and the stand-in knows some other
/// films.
int requestsFor(int ids) {
    const int values = ids + ids / 500 + 100;
    return 1 + (values - 5000 + 9999) / 10000 + 1;
}

/// All generated films are there, each with its first value.
void checkAllThere(const Commands& commands, int ids) {
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id WHERE imdb_id >= 'tt9'") == ids);
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id WHERE rt_id LIKE 'm/standin%' AND SUBSTR(rt_id, 11) = "
                          "SUBSTR(imdb_id, 3)") == ids);
    CHECK(commands.sql("SELECT rt_id FROM rt_id WHERE imdb_id = 'tt8999905'") == "m/heat\n");
}

int asked(Commands& commands) {
    return commands.upstreams().counts(Site::wikidata).requests;
}

}  // namespace

TEST_CASE("The whole mapping is taken over with few requests, one at a time") {
    Commands commands(GENERATE(Kind::sqlite, Kind::mariadb));
    commands.upstreams().setMapping(kAll);
    const Ended ended = commands.run({"sync-ids"});
    INFO(ended.said);
    CHECK(ended.status == 0);
    CHECK_THAT(ended.said, Contains(" requests, the whole mapping, into " + commands.databaseName() + "\n"));
    checkAllThere(commands, kAll);
    const auto counts = commands.upstreams().counts(Site::wikidata);
    CHECK(counts.requests <= requestsFor(kAll));
    CHECK(counts.mostOpen == 1);
    std::cout << "sync-ids: " << kAll << " ids, " << counts.requests << " requests, "
              << ended.peakMemory / 1024 / 1024 << " MB\n";
}

TEST_CASE("Killed at any moment and started again, it asks for the rest only") {
    Commands commands(GENERATE(Kind::sqlite, Kind::mariadb));
    commands.upstreams().setMapping(kFewer);
    commands.upstreams().setLatency(Site::wikidata, 30ms);
    int kills = 0;
    for (const int requests : {2, 4, 6, 8}) {
        Child child = commands.start({"sync-ids"});
        REQUIRE(eventually(60s, [&] { return asked(commands) >= requests; }));
        child.signal(SIGKILL);
        CHECK(endOf(child).status == 128 + SIGKILL);
        ++kills;
    }
    const Ended ended = commands.run({"sync-ids"});
    INFO(ended.said);
    CHECK(ended.status == 0);
    checkAllThere(commands, kFewer);
    const auto counts = commands.upstreams().counts(Site::wikidata);
    // Each kill costs the page that was not saved, and the first page afterwards is a small one again.
    CHECK(counts.requests <= requestsFor(kFewer) + 2 * kills);
    CHECK(counts.mostOpen == 1);
}

TEST_CASE("Asked to stop it ends after the open page, and the next start goes on from there") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setMapping(kFewer);
    commands.upstreams().setLatency(Site::wikidata, 100ms);
    const int signal = GENERATE(SIGTERM, SIGHUP);
    Child child = commands.start({"sync-ids"});
    REQUIRE(eventually(60s, [&] { return asked(commands) >= 3; }));
    child.signal(signal);
    const Ended stopped = endOf(child);
    CHECK(stopped.status == 0);
    CHECK_THAT(stopped.said, Contains("sync-ids: stopped after ") && Contains("at 'm/standin_9"));
    CHECK(commands.upstreams().counts(Site::wikidata).aborts == 0);
    const int before = asked(commands);
    CHECK(commands.number("SELECT requests FROM id_sync") == before);
    CHECK(commands.run({"sync-ids"}).status == 0);
    CHECK(asked(commands) <= requestsFor(kFewer) + 1);
    checkAllThere(commands, kFewer);
}

TEST_CASE("Under nohup a terminal that closes stops nothing") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setMapping(kFewer);
    commands.upstreams().setLatency(Site::wikidata, 100ms);
    Child child = commands.start({"sync-ids"}, {"/usr/bin/nohup"});
    REQUIRE(eventually(60s, [&] { return asked(commands) >= 3; }));
    child.signal(SIGHUP);
    const Ended ended = endOf(child);
    CHECK(ended.status == 0);
    CHECK_THAT(ended.said, Contains("the whole mapping"));
}

TEST_CASE("While one runs a second one says who, and ends") {
    Commands commands(GENERATE(Kind::sqlite, Kind::mariadb));
    commands.upstreams().setLatency(Site::wikidata, 60s);
    Child child = commands.start({"sync-ids"});
    REQUIRE(eventually(60s, [&] { return asked(commands) == 1; }));
    const Ended second = commands.run({"sync-ids"});
    CHECK(second.status == 0);
    CHECK_THAT(second.said, Contains("sync-ids: another one runs: ") &&
                                Contains("(process " + std::to_string(child.pid()) + ")"));
    CHECK(commands.run({"sync-ids", "--quiet"}).said.empty());
    CHECK(asked(commands) == 1);
    child.signal(SIGKILL);
    endOf(child);
}

TEST_CASE("A pause that Wikidata asks for is kept, and then it goes on") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setFault(Site::wikidata, "429", 1s);
    Child child = commands.start({"sync-ids"});
    REQUIRE(eventually(60s, [&] { return asked(commands) == 1; }));
    commands.upstreams().clearFaults();
    CHECK(endOf(child).status == 0);
    CHECK(asked(commands) == 3);
    CHECK(commands.sql("SELECT rt_id FROM rt_id WHERE imdb_id = 'tt0113277'") == "m/heat\n");
}

TEST_CASE("A site that refuses is told at once, with until when it is left alone") {
    const auto [fault, why] =
        GENERATE(table<std::string, std::string>({{"429", "429"}, {"500", "500"}, {"reset", "Wikidata "}}));
    CAPTURE(fault);
    Commands commands(Kind::sqlite);
    commands.upstreams().setFault(Site::wikidata, fault);
    Child child = commands.start({"sync-ids"});
    const std::string wait = "rtbatch-refresher: sync-ids: Wikidata is left alone until ";
    const std::string line = child.waitForLine(wait, 10s);
    CHECK_THAT(line, Contains(" UTC, then tried again: ") && Contains(why));
    CHECK_THAT(child.log(), Catch::StartsWith("rtbatch-refresher: sync-ids: Wikidata ") &&
                                Contains("; it is tried again\n"));
    child.signal(SIGTERM);
    CHECK(endOf(child).status == 0);
}

TEST_CASE("A site that forbids is told at once, and is not asked for long") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setFault(Site::wikidata, "403");
    const Ended ended = commands.run({"sync-ids"});
    CHECK(ended.status == 75);
    CHECK_THAT(ended.said,
               Catch::StartsWith(
                   "rtbatch-refresher: sync-ids: Wikidata answered 403 Forbidden; it is tried again\n") &&
                   Contains("\nrtbatch-refresher: sync-ids gave up after 0 ids in 3 requests"));
    CHECK(asked(commands) == 3);
}

TEST_CASE("Under --quiet a site that refuses is told once") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setFault(Site::wikidata, "429", 1s);
    Child child = commands.start({"sync-ids", "--quiet"});
    REQUIRE(eventually(60s, [&] { return asked(commands) >= 3; }));  // gives up after three
    const Ended ended = endOf(child);
    INFO(ended.said);
    CHECK(ended.status == 75);
    CHECK_THAT(ended.said, Catch::StartsWith("rtbatch-refresher: sync-ids: Wikidata is left alone until "));
    CHECK_THAT(ended.said, Contains("\nrtbatch-refresher: sync-ids gave up after "));
    CHECK(std::ranges::count(ended.said, '\n') == 2);
}

TEST_CASE("A mapping that breaks off within a page is not taken for its end") {
    Commands commands(Kind::sqlite);
    commands.upstreams().setMapping(20000);
    commands.upstreams().setFault(Site::wikidata, "partial");
    Child child = commands.start({"sync-ids"});
    REQUIRE(eventually(60s, [&] { return asked(commands) >= 2; }));
    commands.upstreams().clearFaults();
    CHECK(endOf(child).status == 0);
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id WHERE rt_id LIKE 'm/standin_9%'") == 20000);
}

TEST_CASE("A pass that is told to begins anew") {
    Commands commands(Kind::sqlite);
    REQUIRE(commands.run({"sync-ids"}).status == 0);
    commands.sql("UPDATE id_sync SET ended_at = 0, after_rt_id = 'tv/'; DELETE FROM rt_id");
    REQUIRE(commands.run({"sync-ids"}).status == 0);
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id WHERE imdb_id = 'tt0113277'") == 0);
    commands.sql("UPDATE id_sync SET ended_at = 0, after_rt_id = 'tv/'");
    REQUIRE(commands.run({"sync-ids", "--restart"}).status == 0);
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id WHERE imdb_id = 'tt0113277'") == 1);
}

TEST_CASE("Afterwards a movie that nobody asked for needs no Wikidata") {
    Stack stack;
    stack.upstreams().setMapping(100);
    runProgram({program("rtbatch-refresher"), "sync-ids"}, stack.handlerEnvironment());
    const int before = stack.upstreams().counts(Site::wikidata).requests;
    stack.warm(std::vector<std::string>{"tt9000001", "tt9000098", "tt0113277"});
    CHECK(stack.upstreams().counts(Site::wikidata).requests == before);
}
