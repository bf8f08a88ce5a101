// Whatever the server's defaults are, what the store writes is written, and what it reads is what is there.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "common/store/demand_table.h"
#include "common/store/key_table.h"
#include "common/store/migrate.h"
#include "common/store/refresh_table.h"
#include "common/store/scrape_table.h"
#include "common/store/store.h"
#include "common/store/usage_table.h"
#include "common/store/wanted_table.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// A default of the server that a host may have chosen, and what it does to a program that does not mind it.
struct ServerDefault {
    std::string variable;
    std::string value;
    std::string effect;
};

std::ostream& operator<<(std::ostream& out, const ServerDefault& one) {
    return out << one.variable << " = " << one.value << " (" << one.effect << ")";
}

const std::vector<ServerDefault> kHostile{
    {"autocommit", "0", "nothing is ever committed"},
    {"tx_isolation", "'SERIALIZABLE'", "readers lock"},
    {"tx_isolation", "'READ-UNCOMMITTED'", "what is not committed is read"},
    {"tx_read_only", "1", "nothing may be written"},
    {"sql_mode", "''", "texts that are too long are cut"},
    {"sql_mode", "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,ONLY_FULL_GROUP_BY,ORACLE'",
     "another SQL"},
    {"sql_safe_updates", "1", "a DELETE without its key is refused"},
    {"sql_select_limit", "1", "one row is read of many"},
    {"max_join_size", "1", "a SELECT over several rows is refused"},
    {"sql_auto_is_null", "1", "IS NULL finds the row that was inserted last"},
    {"unique_checks", "0", "a key may be there twice"},
    {"time_zone", "'+05:45'", "NOW() is another hour"},
    {"wait_timeout", "1", "kept connections die"},
    {"max_statement_time", "0.05", "what takes its time is cut"},
    {"lock_wait_timeout", "1", "waits for a table are cut"},
    {"innodb_lock_wait_timeout", "1", "waits for a row are cut"},
    {"character_set_client", "latin1", "texts are taken for others"},
    {"character_set_results", "latin1", "texts come as others"},
    {"collation_connection", "latin1_german1_ci", "literals are others"},
    {"character_set_server", "latin1", "texts of new tables"},
    {"default_storage_engine", "MyISAM", "new tables know no transactions"},
    {"completion_type", "'RELEASE'", "a commit ends the connection"},
};

const std::string kTitle = "Amélie \xF0\x9F\x8E\xAC \\\" ' %";

std::string facts(const std::string& title) {
    return R"({"title":")" + title + R"("})";
}

/// What another connection sees, whatever the server's defaults are.
std::string seen(const TestDatabase& database, const std::string& select) {
    return database.sql("SET sql_big_selects = 1, sql_select_limit = DEFAULT; " + select);
}

/// One of each kind of thing that the programs write and read, as another connection sees it.
void checkThatTheStoreWorks(const TestDatabase& database) {
    Store store(database.options());
    CHECK_NOTHROW(store.check());
    const std::vector ids{imdb(1), imdb(2), imdb(3)};
    for (const ImdbId& id : ids) {
        store.saveMovie(movie(id, facts(kTitle)));
    }
    const auto found = store.findMovies(ids);
    REQUIRE(found.size() == 3);
    CHECK(found[0].facts == facts(kTitle));
    CHECK(store.findStored(imdb(2)).value().facts == facts(kTitle));
    CHECK(seen(database, "SELECT COUNT(*) FROM rt_cache") == "3\n");
    CHECK_THROWS_WITH(store.saveMovie(movie(imdb(1), std::string(70000, 'x'))), Catch::Contains("too long"));

    store.saveRtIds(std::vector<KnownRtId>{{imdb(1), rt("m/amelie"), now(), now() + 1h},
                                           {imdb(2), std::nullopt, now(), now() + 1h}});
    const auto known = store.findRtIds(ids);
    REQUIRE(known.size() == 2);
    CHECK(seen(database, "SELECT COUNT(*), COUNT(rt_id) FROM rt_id") == "2\t1\n");

    REQUIRE(store.acquireLease("slot.rt.1", "a", 60s));
    CHECK_FALSE(store.acquireLease("slot.rt.1", "b", 60s));
    CHECK(seen(database, "SELECT owner FROM lease") == "a\n");
    REQUIRE(store.acquireLease("slot.rt.2", "b", 60s));
    const std::vector<std::string> names{"slot.rt.1", "slot.rt.2"};
    const LeaseView view = store.findLeases(names);
    REQUIRE(view.leases.size() == 2);
    CHECK(std::chrono::abs(view.time - now()) < 5s);
    CHECK(store.readUpstream("rt").slots.leases.size() == 2);
    UpstreamState state = store.readUpstream("rt").state;
    state.failures = 3;
    CHECK(store.saveUpstream("rt", state));
    CHECK(store.readUpstream("rt").state.failures == 3);
    store.releaseLeases(std::vector<std::string>{"slot.rt.1"}, "a");
    store.purgeLeases(1h);
    CHECK(seen(database, "SELECT name FROM lease") == "slot.rt.2\n");

    store.saveFailure({imdb(1), "no page", now(), {}}, 10min);
    store.saveFailure({imdb(1), "no page", now(), {}}, 10min);
    CHECK(store.findFailures(ids).at(0).retryAt > now() + 15min);
    ScrapeTable(store).add({.imdbId = imdb(1), .scrapedAt = now(), .outcome = ScrapeOutcome::lost});
    ScrapeTable(store).purge(now() + 1h, 1);
    CHECK(seen(database, "SELECT COUNT(*) FROM rt_scrape") == "0\n");
    WantedTable(store).mark(ids, 0, now());
    DemandTable(store).add(std::vector<Asked>{{imdb(1), 2}, {imdb(2), 1}}, now());
    CHECK(RefreshTable(store).findDue(now(), fromMillis(1'900'000'000'000), 10).size() == 2);

    UsageTable usage(store);
    CHECK(usage.reserve({1, 1, 10}, 10));
    CHECK_FALSE(usage.reserve({1, 1, 1}, 10));
    CHECK(seen(database, "SELECT requests FROM api_usage") == "10\n");
    KeyTable keys(store);
    CHECK(keys.create({.name = kTitle}, std::string(64, 'a'), now()).name == kTitle);
    CHECK(keys.revoke(1, now()));
    CHECK(keys.active().empty());
    CHECK(seen(database,
               "SELECT COUNT(*) FROM api_key WHERE revoked_at > 0 AND HEX(name) LIKE '416DC3A9%'") == "1\n");
}

}  // namespace

TEST_CASE("The store does the same whatever the server's defaults are") {
    const auto hostile = GENERATE(from_range(kHostile));
    CAPTURE(hostile);
    const TestDatabase database(Kind::mariadb);
    const std::string before = sharedMariaDb().sql("SELECT @@global." + hostile.variable);
    sharedMariaDb().sql("SET GLOBAL " + hostile.variable + " = " + hostile.value);
    try {
        CHECK(migrate(database.options()).size() == migrations(Dialect::mysql).size());
        checkThatTheStoreWorks(database);
    } catch (const std::exception& error) {
        FAIL_CHECK(error.what());
    }
    const bool number = before.find_first_not_of("0123456789.\n") == std::string::npos;
    const std::string value = before.substr(0, before.size() - 1);
    sharedMariaDb().sql("SET GLOBAL " + hostile.variable + " = " + (number ? value : "'" + value + "'"));
}

TEST_CASE("The store does the same on a server that was started with other rules") {
    const auto options = GENERATE(
        std::vector<std::string>{"--skip-character-set-client-handshake", "--character-set-server=latin1",
                                 "--collation-server=latin1_german1_ci"},
        std::vector<std::string>{"--lower-case-table-names=1"},
        std::vector<std::string>{"--init-connect=SET autocommit = 0, sql_select_limit = 1"});
    CAPTURE(options);
    const TestDatabase database(Kind::mariadb);
    sharedMariaDb().stop();
    sharedMariaDb().start(options);
    try {
        migrate(database.options());
        checkThatTheStoreWorks(database);
    } catch (const std::exception& error) {
        FAIL_CHECK(error.what());
    }
    sharedMariaDb().restart();
}
