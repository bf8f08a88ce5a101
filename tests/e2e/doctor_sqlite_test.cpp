// rtbatch-admin doctor on SQLite, as far as that is another matter.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "tests/e2e/doctor_run.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

struct Installation {
    Installation() { noteRefresherRun(stack, 60s); }

    Stack stack{{.database = Database::sqlite}};
};

}  // namespace

TEST_CASE_METHOD(Installation, "a good installation on SQLite is all green", "[doctor]") {
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.status == 0);
    CHECK(found.those("good") == kAllChecks);
    CHECK_THAT(found.of("database").said, Catch::Contains("SQLite 3"));
}

TEST_CASE_METHOD(Installation, "a file that this user cannot write is told", "[doctor]") {
    if (::geteuid() != 0) {
        WARN("not tested: it takes root to become another user");
        return;
    }
    REQUIRE(::chmod(stack.directory().c_str(), 0755) == 0);
    for (const auto* file : {"", "-wal", "-shm"}) {
        REQUIRE(::chmod((std::string(stack.sqliteFile()) + file).c_str(), 0644) == 0);
    }
    const Examined found =
        examine(stack, {.wrap = {"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}});
    INFO(found.text);
    CHECK(found.of("privileges").result == "bad");
    CHECK_THAT(found.of("privileges").said, Catch::Contains("the user nobody cannot write"));
    CHECK_THAT(found.of("privileges").doThis, Catch::Contains("as the user that the handlers run as"));
}

TEST_CASE_METHOD(Installation, "a file without its write-ahead log is told", "[doctor]") {
    stack.stopHandler();
    stack.sql("PRAGMA journal_mode = DELETE");
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.of("privileges").result == "bad");
    CHECK_THAT(found.of("privileges").said,
               Catch::Contains("the journal mode of") && Catch::Contains("delete"));
    CHECK_THAT(found.of("privileges").doThis, Catch::Contains("rtbatch-admin migrate"));
    stack.startHandler();
    CHECK(stack.waitUntilReady());
}

TEST_CASE_METHOD(Installation, "a database that was never made is told", "[doctor]") {
    const Examined found = examine(stack, {.settings = {{"database.url", "sqlite:/nowhere/rtbatch.db"}}});
    INFO(found.text);
    CHECK(found.those("bad") == Names{"database"});
    CHECK_THAT(found.of("database").said, Catch::Contains("run rtbatch-admin migrate"));
}
