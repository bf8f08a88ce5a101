// rtbatch-admin keys: what it prints, and what it refuses.

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "common/keys/api_key.h"
#include "common/store/key_table.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/admin/admin_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(AdminFixture, "A key is made, listed, rotated and revoked") {
    KeyTable keys(store);
    CHECK_THAT(admin("keys list", setting()).output, Catch::StartsWith("there are no keys"));

    // Standard output has the key and nothing else; admin() would add the other stream.
    const std::string alone = " 2>/dev/null #";
    const auto made = admin("keys create --name Cinematch --hourly=1000" + alone, setting());
    CHECK(made.status == 0);
    REQUIRE(made.output.ends_with("\n"));
    const auto key = ApiKey::parse(made.output.substr(0, made.output.size() - 1));
    REQUIRE(key);
    const auto row = keys.findActive(key->digest());
    REQUIRE(row);
    CHECK(row->name == "Cinematch");
    CHECK(row->hourlyLimit == 1000);
    CHECK_FALSE(row->admin);

    const auto second = admin("keys create --admin --name 'Zo\xc3\xab'", setting());
    CHECK_THAT(second.output, Catch::Contains("shown this once only"));
    CHECK(keys.find(2)->admin);
    CHECK_FALSE(keys.find(2)->hourlyLimit);
    sql("INSERT INTO api_usage (key_id, hour, requests) VALUES (1, 5, 1234), (1, 6, 1)");
    const auto list = admin("keys list", setting()).output;
    CHECK_THAT(list, Catch::StartsWith("name       id  admin   an hour  requests  "));
    CHECK_THAT(list, Catch::Contains("\nCinematch   1     no     1,000     1,235  2"));
    CHECK_THAT(list, Catch::Contains("\nZo\xc3\xab         2    yes  no limit         0  2"));
    CHECK_THAT(list, !Catch::Contains(key->digest()));
    const auto json = admin("keys list --json", setting()).output;
    CHECK_THAT(json,
               Catch::StartsWith(R"({"keys":[{"id":1,"name":"Cinematch","isAdmin":false,"rateLimit":1000,)"
                                 R"("requestsCount":1235,"isActive":true,"createdAt":"2)") &&
                   Catch::Contains(R"(},{"id":2,"name":"Zo\u00eb","isAdmin":true,"rateLimit":null,)") &&
                   Catch::EndsWith("\"}]}\n"));

    const auto rotated = admin("keys rotate 1" + alone, setting());
    CHECK(rotated.status == 0);
    const auto next = ApiKey::parse(rotated.output.substr(0, rotated.output.find('\n')));
    REQUIRE(next);
    CHECK_FALSE(keys.findActive(key->digest()));
    CHECK(keys.findActive(next->digest())->id == 1);

    CHECK(admin("keys revoke 1", setting()).status == 0);
    CHECK(admin("keys revoke 1", setting()).status == 0);
    CHECK_FALSE(keys.findActive(next->digest()));
    CHECK_THAT(admin("keys list --json", setting()).output, Catch::Contains("\"isActive\":false"));
    for (const char* refused : {"keys revoke 3", "keys rotate 3", "keys rotate 1"}) {
        CAPTURE(refused);
        const auto outcome = admin(refused, setting());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.output, Catch::Contains(std::string(": ") + refused[12] + " (see"));
    }
}

TEST_CASE_METHOD(AdminFixture, "What writes keys says in which database, as status calls it") {
    const std::string status = admin("status", setting()).output;
    for (const char* command : {"keys create --name a", "keys rotate 1", "keys revoke 1"}) {
        CAPTURE(command);
        const std::string said = admin(std::string(command) + " 2>&1 >/dev/null #", setting()).output;
        const std::string begin = "rtbatch-admin: the database is ";
        REQUIRE_THAT(said, Catch::StartsWith(begin));
        const std::string name = said.substr(begin.size(), said.find('\n') - begin.size());
        CHECK_THAT(name, Catch::StartsWith("SQLite /") || Catch::StartsWith("MySQL rtbatch@"));
        CHECK_THAT(status, Catch::Contains(", " + name + ", "));
        CHECK_THAT(said, !Catch::Contains("rtbatch-test"));  // the password
    }
}

TEST_CASE("A terminal that closes while a key is made does not leave one that nobody was shown") {
    const TestDatabase database(Kind::sqlite);
    migrate(database.options());
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(database.path().c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    const TempDir dir;
    Child child(
        {.command = {RTBATCH_ADMIN, "keys", "create", "--name", "a"},
         .env = {{"RTBATCH_DATABASE_URL", database.options().url}, {"RTBATCH_DATABASE_TIMEOUT_MS", "30000"}},
         .log = dir.file("log")});
    // It holds the signal back before it writes, which it cannot yet.
    const std::string status = "/proc/" + std::to_string(child.pid()) + "/status";
    const bool blocked = eventually([&] {
        const std::string text = readFile(status);
        const auto at = text.find("SigBlk:");
        return at != std::string::npos &&
               std::stoull(text.substr(at + 7), nullptr, 16) % 2 == 1;  // SIGHUP is 1
    });
    child.signal(SIGHUP);
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    CHECK(blocked);
    CHECK(child.wait(30s) == 0);
    CHECK(database.sql("SELECT COUNT(*) FROM api_key") == "1\n");
    CHECK_THAT(child.log(), Catch::StartsWith("rtb_"));
}

TEST_CASE("A wrong wish about keys is said to be wrong before the database is asked") {
    const std::string longName(101, 'a');
    const auto [arguments, fault] = GENERATE_COPY(table<std::string, std::string>({
        {"keys", "keys needs a word more: create, list, revoke or rotate"},
        {"keys frob", "no such command: 'keys frob'"},
        {"keys create", "keys create needs --name"},
        {"keys create Cinematch", "keys create takes no arguments, and got 'Cinematch'"},
        {"keys create --name ''", "--name"},
        {"keys create --name=" + longName, "--name must be 1 to 100 printable characters"},
        {"keys create --name \"$(printf 'a\\tb')\"", "--name must be"},
        {"keys create --name \"$(printf '\\377')\"", "--name must be"},
        {"keys create --name a --hourly 0", "--hourly is '0'; write a whole number from 1 to 1000000000"},
        {"keys create --name a --hourly 1000000001", "--hourly is '1000000001'"},
        {"keys revoke", "keys revoke needs ID"},
        {"keys revoke 0", "'0' is no key's id"},
        {"keys rotate 1x", "'1x' is no key's id"},
        {"keys list --admin", "admin"},
    }));
    CAPTURE(arguments);
    const auto outcome = admin(arguments, "RTBATCH_DATABASE_URL=sqlite:/nonexistent/x.db");
    CHECK(outcome.status == 64);
    CHECK_THAT(outcome.output, Catch::Contains(fault));
}
