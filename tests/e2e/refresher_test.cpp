// rtbatch-refresher run, from outside: which pages it asks for, in which order, and beside whom.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kRunLimit = 60s;  // only a broken refresher takes so long

const std::string kNowMs = "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
const std::string kHour = "3600000";

/// A stack on MariaDB, and its refresher.
struct Fixture {
    Fixture() : Fixture("2000") {}
    explicit Fixture(const std::string& pagesPerDay)
        : stack({.database = Database::mariadb,
                 .settings = {{"refresher.pages_per_day", pagesPerDay}, {"demand.flush_s", "0.1"}}}) {}

    std::vector<std::string> command(const std::vector<std::string>& arguments) const {
        std::vector<std::string> words{program("rtbatch-refresher"), "run"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return words;
    }
    std::string run(const std::vector<std::string>& arguments = {}) {
        return runProgram(command(arguments), stack.handlerEnvironment(), kRunLimit);
    }
    Child start(const std::vector<std::string>& arguments = {}) {
        return Child({.command = command(arguments),
                      .env = stack.handlerEnvironment(),
                      .log = stack.directory() / ("refresher." + std::to_string(++started) + ".log")});
    }
    std::string sql(const std::string& statement) { return stack.mariadb().sql(statement); }
    int number(const std::string& statement) { return std::stoi(sql(statement)); }

    /// Rows of all these films, expired an hour ago, the first the most demanded: each was asked for
    /// yesterday, the first as often as there are films.
    void age(const std::vector<std::string>& ids) {
        // What warmed them is written by now, and does not come in later.
        REQUIRE(
            eventually(kRunLimit, [&] { return number("SELECT COUNT(*) FROM demand") == std::ssize(ids); }));
        sql("DELETE FROM demand; UPDATE rt_cache SET cached_at = " + kNowMs + " - 170 * " + kHour +
            ", expires_at = " + kNowMs + " - " + kHour);
        std::string rows;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const std::string requests = std::to_string(ids.size() - i);
            rows += (rows.empty() ? "('" : ",('") + ids[i] + "'," + requests + "," + requests +
                    " * POW(2, (" + kNowMs + " / 1000.0 - 86400 - 1767225600) / 604800), " + kNowMs +
                    " - 30 * 24 * " + kHour + ", " + kNowMs + " - " + kHour + ")";
        }
        sql("INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) VALUES " + rows +
            "; DELETE FROM rt_scrape; DELETE FROM refresh_run");
    }
    /// In the order in which their pages were read.
    std::vector<std::string> scraped() {
        std::vector<std::string> ids;
        std::istringstream lines(sql("SELECT imdb_id FROM rt_scrape ORDER BY id"));
        for (std::string line; std::getline(lines, line);) {
            ids.push_back(line);
        }
        return ids;
    }
    int fresh() { return number("SELECT COUNT(*) FROM rt_cache WHERE expires_at > " + kNowMs); }

    Stack stack;
    int started = 0;
};

std::vector<std::string> firstOf(const std::vector<std::string>& ids, std::size_t count) {
    return {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a run renews the most demanded rows, in order, within its budget", "[refresher]") {
    const auto ids = madeUpMovies(1, 200);
    stack.warm(ids);
    age(ids);
    stack.upstreams().reset();
    stack.upstreams().setLatency(Site::rt, 20ms);
    stack.upstreams().setLatency(Site::wikidata, 50ms);

    // People ask for other films all the while.
    const auto others = madeUpMovies(1001, 50);
    HttpClient busy(stack.http(), batchOf(others));
    const std::string said = run({"--max-pages", "60"});
    INFO(said);
    CHECK_THAT(said, Catch::Contains("ended by budget"));
    checkWhole(busy.readToEnd(60s), others);

    // What people wait for is due too; whoever comes first fetches it.
    auto order = scraped();
    CHECK(order.size() == static_cast<std::size_t>(stack.upstreams().counts(Site::rt).requests));
    std::erase_if(order,
                  [&](const std::string& id) { return std::ranges::find(others, id) != others.end(); });
    CHECK(order.size() >= 30);
    CHECK(order == firstOf(ids, order.size()));
    CHECK(fresh() == std::ssize(order) + 50);
    CHECK(stack.upstreams().counts(Site::rt).mostOpen <= 2);
    CHECK(stack.upstreams().counts(Site::wikidata).mostOpen <= 5);
    CHECK(sql("SELECT due >= 200, pages, renewed >= 60, failed, ended_by, ended_at > 0 FROM refresh_run") ==
          "1\t60\t1\t0\tbudget\t1\n");
    CHECK(number("SELECT COUNT(*) FROM lease WHERE expires_at > " + kNowMs +
                 " AND (name LIKE 'slot.%' OR name LIKE "
                 "'lock.%' OR name LIKE 'flight.%')") == 0);
}

TEST_CASE_METHOD(Fixture, "a run goes on where the last one stopped, and then has nothing left",
                 "[refresher]") {
    const auto ids = madeUpMovies(1, 50);
    stack.warm(ids);
    age(ids);
    run({"--max-pages", "20"});
    run({"--max-pages", "20"});
    CHECK(scraped() == firstOf(ids, 40));
    CHECK_THAT(run(), Catch::Contains("pages 10, renewed 10") && Catch::Contains("nothing left"));
    CHECK_THAT(run(), Catch::Contains("due 0, pages 0"));
    CHECK(fresh() == 50);
}

TEST_CASE("the day's budget holds over runs, and 0 means none", "[refresher]") {
    const auto ids = madeUpMovies(1, 50);
    {
        Fixture fixture("80");  // an eighth of it at once
        fixture.stack.warm(ids);
        fixture.age(ids);
        fixture.run();
        CHECK(fixture.number("SELECT SUM(pages) FROM refresh_run") == 10);
        fixture.run();
        CHECK(fixture.number("SELECT SUM(pages) FROM refresh_run") == 10);
    }
    Fixture fixture("0");
    fixture.stack.warm(ids);
    fixture.age(ids);
    CHECK_THAT(fixture.run(), Catch::Contains("pages 0"));
    CHECK(fixture.scraped().empty());
}

TEST_CASE_METHOD(Fixture, "a dry run shows the order and why, and asks nobody", "[refresher]") {
    const auto ids = madeUpMovies(1, 20);
    stack.warm(ids);
    age(ids);
    stack.upstreams().reset();
    const std::string said = run({"--dry-run", "--max-pages", "5"});
    INFO(said);
    std::size_t at = 0;
    for (const std::string& id : ids) {
        const auto place = said.find(id);
        REQUIRE(place != std::string::npos);
        CHECK(place > at);
        at = place;
    }
    CHECK_THAT(said, Catch::Contains("expired"));
    CHECK(stack.upstreams().counts(Site::rt).requests == 0);
    CHECK(sql("SELECT COUNT(*) FROM refresh_run") == "0\n");
}

TEST_CASE_METHOD(Fixture, "a second run says who has the lease and leaves it", "[refresher]") {
    const auto ids = madeUpMovies(1, 20);
    stack.warm(ids);
    age(ids);
    stack.upstreams().setLatency(Site::rt, 1h);
    Child first = start();
    REQUIRE(eventually(kRunLimit, [&] { return stack.upstreams().counts(Site::rt).open == 1; }));
    const std::string said = run();
    CHECK_THAT(said, Catch::StartsWith("another run has the lease: "));
    CHECK_THAT(said, Catch::Contains("(process " + std::to_string(first.pid()) + ")"));
    CHECK(run({"--quiet"}).empty());
    first.signal(9);
    first.wait(kRunLimit);
}

TEST_CASE_METHOD(Fixture, "SIGTERM and SIGHUP let the open page finish, and store it", "[refresher]") {
    const int asked = GENERATE(SIGTERM, SIGHUP);
    const auto ids = madeUpMovies(1, 20);
    stack.warm(ids);
    age(ids);
    stack.upstreams().setLatency(Site::rt, 500ms);
    Child child = start();
    REQUIRE(eventually(kRunLimit, [&] { return stack.upstreams().counts(Site::rt).open == 1; }));
    child.signal(asked);
    CHECK(child.wait(kRunLimit) == 0);
    INFO(child.log());
    CHECK(fresh() == number("SELECT COUNT(*) FROM rt_scrape"));
    CHECK(fresh() >= 1);
    CHECK(fresh() < 20);
    CHECK(sql("SELECT ended_by, pages = renewed FROM refresh_run") == "signal\t1\n");
    CHECK(stack.upstreams().counts(Site::rt).aborts == 0);
}

TEST_CASE_METHOD(
    Fixture,
    "a movie that was asked for and failed is fetched when its time has come, and what is known absent "
    "is asked for again when that is old",
    "[refresher]") {
    const auto ids = madeUpMovies(1, 2);
    const std::string absent = unknownMovie(1);
    stack.upstreams().setFault(ids[0], "500");
    ask(stack.http(), batchOf(std::vector{ids[0], absent}));
    REQUIRE(eventually(kRunLimit, [&] { return number("SELECT COUNT(*) FROM demand") == 2; }));
    stack.upstreams().clearFaults();
    stack.forgetFailures();
    CHECK_THAT(run(), Catch::Contains("due 1, pages 1, renewed 1"));
    sql("UPDATE rt_id SET expires_at = 1 WHERE rt_id IS NULL");
    CHECK_THAT(run(), Catch::Contains("due 1, pages 0, renewed 0, not found 1"));
    CHECK_THAT(run(), Catch::Contains("due 0"));
}

TEST_CASE_METHOD(Fixture, "a run names the movies that failed, and why", "[refresher]") {
    const auto ids = madeUpMovies(1, 6);
    stack.warm(ids);
    age(ids);
    stack.upstreams().setFault(ids[0], "500");
    const std::string one = run();
    INFO(one);
    CHECK_THAT(one, Catch::Contains("failed 1 (" + ids[0] + ": Rotten Tomatoes ") &&
                        Catch::Contains("500 Internal Server Error), budget left"));
    stack.forgetFailures();
    age(ids);
    for (std::size_t i = 0; i < 4; ++i) {
        stack.upstreams().setFault(ids[i], "500");
    }
    const std::string four = run();
    INFO(four);
    CHECK_THAT(four, Catch::Contains("failed 4 (") && Catch::Contains("; and 1 more), budget left"));
}

TEST_CASE_METHOD(Fixture, "a site that asks for a pause ends the run, with exit status 75", "[refresher]") {
    const auto ids = madeUpMovies(1, 30);
    stack.warm(ids);
    age(ids);
    stack.upstreams().reset();
    stack.upstreams().setFault(Site::rt, "429", 60s);
    Child child = start();
    CHECK(child.wait(kRunLimit) == 75);
    CHECK_THAT(child.log(), Catch::Contains("left alone"));
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
    Child second = start();
    CHECK(second.wait(kRunLimit) == 75);
    CHECK(stack.upstreams().counts(Site::rt).requests == 1);
    CHECK(number("SELECT COUNT(*) FROM rt_cache") == 30);
}

TEST_CASE_METHOD(
    Fixture,
    "when the pages change, nothing stored is lost, the first run says so, and all comes right by itself",
    "[refresher]") {
    const auto ids = madeUpMovies(2, 40);
    stack.warm(ids);
    age(ids);
    const std::string before = sql("SELECT imdb_id, facts FROM rt_cache ORDER BY imdb_id");
    const auto fault = GENERATE(as<std::string>(), "no_scorecard", "no_places");
    stack.upstreams().reset();
    stack.upstreams().setFault(Site::rt, fault);
    Child child = start({"--quiet"});
    CHECK(child.wait(kRunLimit) == 75);
    CHECK_THAT(child.log(), Catch::Contains("markup changed?"));
    CHECK(sql("SELECT imdb_id, facts FROM rt_cache ORDER BY imdb_id") == before);
    const int asked = stack.upstreams().counts(Site::rt).requests;
    // The fifth bad page is one too many, two good films are tried, and two more may be open meanwhile.
    CHECK(asked <= 9);

    // The next run says nothing new, and asks nothing; people get what there is.
    Child quiet = start({"--quiet"});
    CHECK(quiet.wait(kRunLimit) == 75);
    CHECK(quiet.log().empty());
    CHECK(stack.upstreams().counts(Site::rt).requests == asked);
    const auto some = firstOf(ids, 10);
    const HttpResponse stale = ask(stack.http(), batchOf(some));
    checkWhole(stale, some);
    CHECK(doneOf(stale).stale == 10);

    // Five minutes later one page is tried; the pages are still bad.
    const std::string later = "UPDATE upstream_state SET shut_until = 0, version = version + 1";
    sql(later);
    Child again = start({"--quiet"});
    CHECK(again.wait(kRunLimit) == 75);
    CHECK(stack.upstreams().counts(Site::rt).requests == asked + 1);

    // When they read again, everything goes on by itself.
    stack.upstreams().clearFaults();
    sql(later);
    sql("DELETE FROM rt_failure");
    const std::string said = run();
    INFO(said);
    CHECK(fresh() == 40);
    CHECK(sql("SELECT imdb_id, facts FROM rt_cache ORDER BY imdb_id") == before);
    CHECK(sql("SELECT suspended_at FROM upstream_state WHERE upstream = 'rt'") == "0\n");
}

TEST_CASE_METHOD(
    Fixture,
    "killed at any moment and started again, fifty times: no row is lost or half written, no slot is kept",
    "[refresher]") {
    const auto ids = madeUpMovies(1, 200);
    stack.warm(ids);
    age(ids);
    stack.upstreams().reset();
    stack.upstreams().setLatency(Site::rt, 10ms);
    unsigned random = 1;
    for (int i = 0; i < 50; ++i) {
        Child child = start();
        random = random * 1103515245 + 12345;
        child.wait(std::chrono::milliseconds(random / 65536 % 250));
        child.signal(9);
        child.wait(kRunLimit);
        CHECK(
            number("SELECT COUNT(*) FROM rt_cache WHERE JSON_VALID(facts) AND title LIKE 'Stand-in No. %'") ==
            200);
    }
    const int done = fresh();
    CHECK(done > 0);
    // Each page was paid for once, but for those that were open when the run was killed.
    CHECK(stack.upstreams().counts(Site::rt).requests <= done + 50);
    CHECK(stack.upstreams().counts(Site::rt).mostOpen <= 2);
    CHECK(scraped().size() <= static_cast<std::size_t>(done) + 50);
    CHECK(std::ranges::equal(firstOf(ids, 1), firstOf(scraped(), 1)));

    stack.upstreams().setLatency(Site::rt, 0ms);
    CHECK_THAT(run({"--max-pages", "500"}), Catch::Contains("nothing left"));
    CHECK(fresh() == 200);
    CHECK(number("SELECT COUNT(*) FROM lease WHERE expires_at > " + kNowMs +
                 " AND name LIKE 'slot.%' AND name NOT LIKE "
                 "'slot.%.wait.%'") == 0);
}
