// rtbatch-admin as the operator runs it.

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/temp_dir.h"
#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;

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
        {"migrate --json", "json"},
        {"status --top 3", "top"},
        {"status tt0113277", "'tt0113277'"},
        {"show", "IMDB-ID"},
        {"show tt1 --json", "'tt1'"},
        {"show tt0113277 tt0113278", "'tt0113278'"},
        {"purge", "--unused-days"},
        {"purge --unused-days", "unused-days"},
        {"purge --unused-days 0", "--unused-days is '0'; write a whole number from 1 to 3650"},
        {"purge --unused-days 3651", "--unused-days is '3651'"},
        {"purge --unused-days=-1", "--unused-days is '-1'"},
        {"purge --unused-days ten", "--unused-days is 'ten'"},
        {"purge --unused-days 5 tt0113277", "either --unused-days or one IMDb id"},
        {"purge tt1", "'tt1'"},
        {"repair rt_cache", "'rt_cache'"},
        {"unblock", "rt|wikidata"},
        {"unblock imdb", "'imdb' is no site; write rt or wikidata"},
    }));
    CAPTURE(arguments);
    const auto outcome = admin(arguments);
    CHECK(outcome.status == 64);
    CHECK_THAT(outcome.output, Catch::Contains(fault) && Catch::Contains("--help"));
}

TEST_CASE("A wrong option of a command points to that command's help") {
    CHECK_THAT(admin("keys create --frob").output,
               Catch::EndsWith("(see rtbatch-admin keys create --help)\n"));
    CHECK(admin("help keys create").output == admin("keys create --help").output);
    CHECK(admin("help").output == admin("--help").output);
}

TEST_CASE("The doctor says what is wrong with a file that has no key") {
    const TempDir dir;
    const auto outcomeOf = [](const std::string& file) { return admin("doctor --admin-key-file " + file); };
    const auto [file, status, fault] = GENERATE(table<std::string, int, std::string>({
        {"/nonexistent/key", 66, "/nonexistent/key cannot be opened: No such file or directory"},
        {"/", 66, "/ is a directory"},
        {"/dev/null", 65, "/dev/null has no key on its first line"},
        {"- </dev/null", 65, "standard input has no key on its first line"},
    }));
    CAPTURE(file);
    const auto outcome = outcomeOf(file);
    CHECK(outcome.status == status);
    CHECK(outcome.output == "rtbatch-admin: --admin-key-file: " + fault + "\n");

    for (const std::string text : {" \nrtb_1\n", "two words\n", "rtb_\x01\n"}) {
        CAPTURE(text);
        writeFile(dir.file("key"), text);
        const auto refused = outcomeOf(dir.file("key"));
        CHECK(refused.status == 65);
        CHECK_THAT(refused.output, Catch::Contains("key") && !Catch::Contains("words"));
    }
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
    for (const char* command : {"migrate", "status", "show", "purge"}) {
        CHECK_THAT(help.output, Catch::Contains(std::string("\n  ") + command + " "));
    }
    CHECK_THAT(admin("--version").output, Catch::StartsWith("rtbatch-admin 0."));
}

TEST_CASE("A command that reads the tables says what to do about old ones") {
    const TestDatabase database(Kind::sqlite);
    const auto [arguments] = GENERATE(table<std::string>({{"status"}, {"show tt0113277"}, {"purge -u 5"}}));
    const std::string setting = "RTBATCH_DATABASE_URL=" + database.options().url;
    admin("migrate", setting);
    database.sql("DELETE FROM schema_migration WHERE version > 2");
    const auto outcome = admin(arguments, setting);
    CHECK(outcome.status == 69);
    CHECK_THAT(outcome.output, Catch::Contains("run rtbatch-admin migrate"));
}

TEST_CASE("An answer that cannot be written ends with 74") {
    const TestDatabase database(Kind::sqlite);
    const std::string setting = "RTBATCH_DATABASE_URL=" + database.options().url;
    admin("migrate", setting);
    CHECK(admin("status >/dev/full", setting).status == 74);
}
