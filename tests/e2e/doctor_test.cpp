// rtbatch-admin doctor on a whole installation: all green when it is good, and for each thing that is broken
// its own finding, with the others as green as before.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <string>

#include "common/lease/owner.h"
#include "tests/e2e/doctor_run.h"
#include "tests/support/child.h"
#include "tests/support/eventually.h"
#include "tests/support/kept_process.h"
#include "tests/support/programs.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

struct Installation {
    Installation() { noteRefresherRun(stack, 60s); }

    Stack stack{{.database = Database::mariadb}};
};

/// The one thing that is wrong, and what must be said and advised of it.
void checkOnlyBad(const Examined& found, const std::string& check, const std::string& said,
                  const std::string& advised) {
    INFO(found.text);
    CHECK(found.status == 1);
    CHECK(found.those("bad") == Names{check});
    CHECK(found.those("good") == allBut(check));
    CHECK_THAT(found.of(check).said, Catch::Contains(said));
    CHECK_THAT(found.of(check).doThis, Catch::Contains(advised));
}

}  // namespace

TEST_CASE_METHOD(Installation, "a good installation is all green", "[doctor]") {
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.status == 0);
    CHECK(found.those("good") == kAllChecks);
    CHECK_THAT(found.of("database").said, Catch::Contains("MariaDB"));
}

TEST_CASE_METHOD(Installation, "a person reads one line a check", "[doctor]") {
    stack.sql("DELETE FROM refresh_run");
    const TempDir dir;
    Child child({.command = {program("rtbatch-admin"), "doctor", "--url",
                             "http://127.0.0.1:" + std::to_string(stack.http().port)},
                 .env = stack.handlerEnvironment(),
                 .log = dir.file("log")});
    CHECK(child.wait(60s) == 1);
    CHECK_THAT(child.log(), Catch::StartsWith("ok   settings: ") &&
                                Catch::Contains("\nok   charset: utf8mb4 in the database") &&
                                Catch::Contains("\nBAD  refresher: it has never run\n     -> let cron"));
}

TEST_CASE_METHOD(Installation, "another character set is told with its place", "[doctor]") {
    stack.sql("ALTER DATABASE rtbatch CHARACTER SET latin1");
    checkOnlyBad(examine(stack), "charset", "the database has latin1", "ALTER DATABASE rtbatch");
    stack.sql("ALTER TABLE lease DEFAULT CHARACTER SET latin1");
    stack.sql("ALTER TABLE rt_failure MODIFY message VARCHAR(500) CHARACTER SET latin1 NOT NULL");
    stack.sql("ALTER TABLE demand MODIFY imdb_id VARCHAR(10) CHARACTER SET latin1 NOT NULL");
    checkOnlyBad(examine(stack), "charset",
                 "the database has latin1, the table lease has latin1_swedish_ci, the column "
                 "demand.imdb_id has latin1, the column rt_failure.message has latin1",
                 "MODIFY");
}

TEST_CASE_METHOD(Installation, "a privilege that is missing is told with its table", "[doctor]") {
    stack.sql("CREATE USER limited@'%' IDENTIFIED BY 'rtbatch-test'");
    for (const auto* table : {"rt_cache", "rt_id", "lease", "upstream_state", "demand", "served", "rt_scrape",
                              "refresh_run", "id_sync", "api_key", "api_usage", "schema_migration"}) {
        stack.sql(std::string("GRANT SELECT, INSERT, UPDATE, DELETE ON ") + table + " TO limited@'%'");
    }
    stack.sql("GRANT SELECT, INSERT, UPDATE ON rt_failure TO limited@'%'");
    std::string url = stack.mariadb().tcpUrl();
    url.replace(url.find("rtbatch:"), 8, "limited:");
    checkOnlyBad(examine(stack, {.settings = {{"database.url", url}}}), "privileges",
                 "the user limited may not DELETE on rt_failure (DELETE command denied", "GRANT SELECT");

    stack.sql("GRANT DELETE ON rt_failure TO limited@'%'");
    const Examined enough = examine(stack, {.settings = {{"database.url", url}}});
    INFO(enough.text);
    CHECK(enough.those("good") == kAllChecks);
    CHECK_THAT(enough.of("privileges").said, Catch::Contains("migrate it would need CREATE, ALTER"));
}

TEST_CASE_METHOD(Installation, "a socket of another mode is told", "[doctor]") {
    REQUIRE(::chmod(stack.handlerSocket().c_str(), 0600) == 0);
    checkOnlyBad(examine(stack), "handler socket", "has mode 0600, and handler.socket_mode is 0660",
                 "restart the handler");
}

TEST_CASE_METHOD(Installation, "a contact that is missing for the real sites is told", "[doctor]") {
    checkOnlyBad(examine(stack, {.settings = {{"wikidata.url", "https://query.wikidata.org/sparql"},
                                              {"rt.url", "https://www.rottentomatoes.com"}}}),
                 "contact", "http.contact is empty", "your mail address or URL");
}

TEST_CASE_METHOD(Installation, "an older database is told", "[doctor]") {
    stack.sql("DELETE FROM schema_migration WHERE version = (SELECT MAX(version) FROM schema_migration)");
    checkOnlyBad(examine(stack), "migrations", "this program needs", "rtbatch-admin migrate");
}

TEST_CASE_METHOD(Installation, "tables that are not there yet are the migrations' matter only", "[doctor]") {
    stack.sql("DELETE FROM schema_migration WHERE version = (SELECT MAX(version) FROM schema_migration)");
    stack.sql("DROP TABLE refresh_run");
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.those("bad") == Names{"migrations"});
    CHECK(found.those("unknown") == Names{"refresher"});
}

TEST_CASE_METHOD(Installation, "a clock that is an hour off is told", "[doctor]") {
    const std::map<std::string, std::string> env{{"DONT_FAKE_MONOTONIC", "1"},
                                                 {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
    checkOnlyBad(examine(stack, {.wrap = {"/usr/bin/faketime", "-f", "+3600s"}, .env = env}), "clock",
                 "this host's clock is 3600.0 s ahead of the database's", "NTP");
    checkOnlyBad(examine(stack, {.wrap = {"/usr/bin/faketime", "-f", "-3600s"}, .env = env}), "clock",
                 "s behind the database's", "NTP");
}

TEST_CASE_METHOD(Installation, "a refresher that is not started any more is told", "[doctor]") {
    stack.sql("DELETE FROM refresh_run");
    noteRefresherRun(stack, 16min);
    checkOnlyBad(examine(stack), "refresher", "cron is silent since 20", "conf/cron/rtbatch");
    CHECK(examine(stack, {.settings = {{"refresher.every_minutes", "6"}}}).status == 0);
}

TEST_CASE_METHOD(Installation, "a run that was killed is told, and one that is under way is none",
                 "[doctor]") {
    Child refresher({.command = {"/bin/sleep", "600"}});
    const std::string owner = rtbatch::Owner::of(refresher.pid()).text();
    stack.sql("DELETE FROM refresh_run");
    noteRefresherRun(stack, 10h);
    stack.sql("UPDATE refresh_run SET ended_at = 0, owner = '" + owner + "'");
    CHECK(examine(stack).those("good") == kAllChecks);
    refresher.signal(SIGKILL);
    REQUIRE(refresher.wait(5s));
    checkOnlyBad(examine(stack), "refresher", "was killed before its end", "the system's log");
}

TEST_CASE_METHOD(Installation, "pages that are not believed any more are told", "[doctor]") {
    stack.sql(
        "UPDATE upstream_state SET suspended_at = 1700000000000, shut_until = "
        "UNIX_TIMESTAMP() * 1000 + 240000 "
        "WHERE upstream = 'rt'");
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.those("bad") == Names{"markup"});
    CHECK_THAT(found.of("markup").said, Catch::Contains("markup changed? Since 2023-11-14"));
    CHECK(found.those("unknown") == Names{"nginx buffering"});  // for no miss waits now
}

TEST_CASE_METHOD(Installation, "a database that is away hides nothing else", "[doctor]") {
    stack.mariadb().stop();
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.those("bad") == Names{"database"});
    CHECK(found.those("good") ==
          Names{"contact", "database way", "handler socket", "nginx", "page reader", "settings"});
    stack.mariadb().start();
}

TEST_CASE_METHOD(Installation, "a database that hangs is told in time", "[doctor]") {
    stack.mariadb().pause();
    const Examined found = examine(stack, {.settings = {{"database.timeout_ms", "1000"}}});
    stack.mariadb().resume();
    INFO(found.text);
    CHECK(found.those("bad") == Names{"database"});
}

TEST_CASE_METHOD(Installation, "a handler that does not run is told", "[doctor]") {
    stack.stopHandler();
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.those("bad") == Names{"handler socket", "nginx"});
    CHECK(found.those("unknown") == Names{"nginx buffering"});
    CHECK_THAT(found.of("nginx").said, Catch::Contains("answers 503: nginx does not reach a handler"));
    stack.startHandler();
    CHECK(stack.waitUntilReady());
}

TEST_CASE_METHOD(Installation, "a page reader that does not run is told", "[doctor]") {
    checkOnlyBad(examine(stack, {.settings = {{"reader.path", "/nowhere/reader"}}}), "page reader",
                 "/nowhere/reader: the page reader could not be started: No such file", "reader.path");
    checkOnlyBad(examine(stack, {.settings = {{"reader.path", "/bin/true"}}}), "page reader",
                 "/bin/true: the page reader's answer is not JSON", "reader.path");
}

TEST_CASE_METHOD(Installation, "settings that are wrong are told", "[doctor]") {
    checkOnlyBad(
        examine(stack, {.settings = {{"rt.url", "https://127.0.0.1"}, {"http.ca_file", "/nowhere"}}}),
        "settings", "http.ca_file is '/nowhere'", "mend the setting");
    const Examined found = examine(stack, {.settings = {{"handler.workers", "none"}}});
    CHECK(found.those("bad") == Names{"settings"});
    CHECK(found.findings.size() == 1);
    CHECK_THAT(found.of("settings").said, Catch::Contains("RTBATCH_HANDLER_WORKERS is 'none'"));
}

TEST_CASE("a database that answers and cannot be written is told, and is no matter of privileges",
          "[doctor]") {
    Stack stack({.database = Database::mariadb});
    noteRefresherRun(stack, 60s);
    stack.mariadb().sql(
        "REVOKE READ ONLY ADMIN, SUPER ON *.* FROM rtbatch@'%'; "
        "REVOKE READ ONLY ADMIN, SUPER ON *.* FROM rtbatch@localhost");
    stack.mariadb().restart();
    REQUIRE(stack.waitUntilReady());
    stack.mariadb().sql("SET GLOBAL read_only = 1");
    const Examined found = examine(stack);
    INFO(found.text);
    CHECK(found.of("writing").result == "bad");
    CHECK_THAT(found.of("writing").said, Catch::Contains("read-only"));
    CHECK_THAT(found.of("writing").doThis, Catch::Contains("the primary"));
    CHECK(found.of("privileges").result == "good");
    stack.mariadb().sql("SET GLOBAL read_only = 0");
}

TEST_CASE("a server that allows no more connections is told from one that is not there", "[doctor]") {
    Stack stack({.database = Database::mariadb});
    stack.mariadb().sql(
        "CREATE USER few@'%' IDENTIFIED BY 'rtbatch-test'; "
        "GRANT ALL ON rtbatch.* TO few@'%' WITH MAX_USER_CONNECTIONS 1");
    const KeptProcess holder({"mariadb", "--no-defaults", "--socket=" + stack.mariadb().socketPath(),
                              "--user=few", "--password=rtbatch-test", "--execute=SELECT SLEEP(60)"},
                             stack.directory() / "holder.log");
    REQUIRE(eventually(10s, [&] {
        return stack.mariadb().sql(
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'few'") == "1\n";
    }));
    std::string url = stack.databaseUrl();
    url.replace(url.find("//rtbatch:"), 10, "//few:");
    const Examined found =
        examine(stack, {.settings = {{"database.url", url}, {"database.timeout_ms", "500"}}});
    INFO(found.text);
    CHECK(found.of("database").result == "bad");
    CHECK_THAT(found.of("database").said, Catch::Contains("has as many connections as it allows"));
    CHECK_THAT(found.of("database").doThis, Catch::Contains("database.max_connections"));
}
