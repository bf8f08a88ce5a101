// A clock that was two days ahead, and was set right: what it left does no harm, is found and is mended.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/e2e/batch_view.h"
#include "tests/e2e/doctor_run.h"
#include "tests/support/eventually.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kRunLimit = 60s;

using Words = std::vector<std::string>;

/// A stack on SQLite, whose clock is that of whoever asks it.
struct Fixture {
    Stack stack{{.database = Database::sqlite,
                 .settings = {{"refresher.pages_per_day", "80"}, {"demand.flush_s", "0.1"}}}};

    std::string run(const Words& command, const Words& wrap = {}) const {
        Words words = wrap;
        words.insert(words.end(), command.begin(), command.end());
        words[wrap.size()] = program(command.front());
        auto env = stack.handlerEnvironment();
        env["DONT_FAKE_MONOTONIC"] = env["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        return runProgram(words, env, kRunLimit);
    }
    std::string runAhead(const Words& command) const {
        return run(command, {"/usr/bin/faketime", "-f", "+2d"});
    }

    /// A file of these ids, one a line.
    std::string listed(const Words& ids) const {
        const std::string file = stack.directory() / (ids.front() + ".txt");
        std::ofstream out(file);
        for (const std::string& id : ids) {
            out << id << "\n";
        }
        return file;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "rows that were written two days ahead keep nobody from anything", "[clock]") {
    const Words early = madeUpMovies(1, 6);
    stack.upstreams().setFault(early[5], "429", 30s);
    runAhead({"rtbatch-refresher", "prewarm", "--quiet", "--ids", listed(early)});
    CHECK_THROWS_WITH(runAhead({"rtbatch-refresher", "run"}),
                      Catch::Contains("exited with 75") && Catch::Contains("pages 6, renewed 5"));
    stack.upstreams().clearFaults();

    // The breaker and the rows: all are fetched.
    Words all = early;
    all.push_back(madeUpMovies(100, 1)[0]);
    const HttpResponse response = ask(stack.http(), batchOf(all));
    INFO(response.body());
    checkWhole(response, all);
    CHECK(doneOf(response).fetched == 7);
    CHECK(doneOf(ask(stack.http(), batchOf(all))).cached == 7);

    // The budget: a run may spend what the day has.
    run({"rtbatch-refresher", "prewarm", "--quiet", "--ids", listed(madeUpMovies(200, 5))});
    CHECK_THAT(run({"rtbatch-refresher", "run"}), Catch::Contains("pages 5, renewed 5"));

    // The doctor finds what is left, and the command that it names mends it.
    const Examined sick = examine(stack);
    INFO(sick.text);
    CHECK(sick.those("bad") == Words{"clock"});
    CHECK_THAT(sick.of("clock").said, Catch::Contains("rows lie too far ahead of the database's clock") &&
                                          Catch::Contains("in refresh_run"));
    CHECK_THAT(sick.of("clock").doThis, Catch::Contains("rtbatch-admin repair"));
    CHECK_THAT(run({"rtbatch-admin", "repair"}), Catch::Contains("refresh_run: "));
    CHECK_THAT(run({"rtbatch-admin", "repair"}), Catch::Contains("nothing lies too far ahead"));
    CHECK(examine(stack).those("bad").empty());
}

TEST_CASE_METHOD(Fixture, "a site that is left alone is asked again when the operator says so", "[clock]") {
    const Words ids = madeUpMovies(1, 3);
    stack.upstreams().setFault(ids[0], "429", 600s);
    const Words first{ids[0]};
    checkWhole(ask(stack.http(), batchOf(first)), first);
    stack.upstreams().clearFaults();
    const HttpResponse shut = ask(stack.http(), batchOf(ids));
    CHECK(doneOf(shut).errors == 3);
    CHECK_THAT(
        run({"rtbatch-admin", "unblock", "rt"}),
        Catch::StartsWith("rt: requests may go again; it was: it asked for a pause; left alone until 20"));
    CHECK(eventually(5s, [&] { return doneOf(ask(stack.http(), batchOf(ids))).errors == 0; }));
}
