// rtbatch-admin as the operator runs it.

#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "common/store/store.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

struct Outcome {
    int status = -1;
    std::string output;  ///< both streams
};

/// `setting`: `NAME=VALUE` for the environment, or empty.
Outcome admin(const std::string& arguments, const std::string& setting = "") {
    Outcome outcome;
    const std::string command =
        "env '" + (setting.empty() ? "A=B" : setting) + "' " RTBATCH_ADMIN " " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        outcome.output.append(buffer.data(), size);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
}

}  // namespace

TEST_CASE("migrate makes the tables of the configured database, and may be run again") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    const std::string setting = "RTBATCH_DATABASE_URL=" + database.options().url;
    auto outcome = admin("migrate", setting);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output,
               Catch::Contains("applied 1 cache_and_ids\n") && Catch::Contains("at version "));
    Store store(database.options());
    CHECK_NOTHROW(store.check());

    outcome = admin("migrate", setting);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.output, Catch::Contains("nothing to do") && !Catch::Contains("rtbatch-test"));
}

TEST_CASE("A command line that is not understood ends with 64 and names the fault") {
    const auto [arguments, fault] = GENERATE(table<std::string, std::string>({
        {"", "no command given"},
        {"frob", "'frob'"},
        {"--frob migrate", "frob"},
        {"migrate now", "'now'"},
        {"migrate --config", "FILE"},
    }));
    CAPTURE(arguments);
    const auto outcome = admin(arguments);
    CHECK(outcome.status == 64);
    CHECK_THAT(outcome.output, Catch::Contains(fault) && Catch::Contains("--help"));
}

TEST_CASE("A wrong setting ends with 78, a database that is away with 69") {
    CHECK(admin("migrate --config /nonexistent").status == 78);
    CHECK(admin("migrate", "RTBATCH_DATABASE_URL=oracle:x").status == 78);
    CHECK(admin("migrate", "RTBATCH_DATABASE_URL=mysql://u:hunter2@127.0.0.1:1/d").status == 69);
    CHECK_THAT(admin("migrate", "RTBATCH_DATABASE_URL=mysql://u:hunter2@127.0.0.1:1/d").output,
               Catch::Contains("cannot open the database") && !Catch::Contains("hunter2"));
}

TEST_CASE("Help lists the commands, the options and the exit status; version is the project's") {
    const auto help = admin("--help");
    CHECK(help.status == 0);
    CHECK_THAT(help.output,
               Catch::Contains("migrate") && Catch::Contains("--config=FILE") && Catch::Contains("78"));
    CHECK_THAT(admin("--version").output, Catch::StartsWith("rtbatch-admin 0."));
}
