#include "refresher/id_sync_pass.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A mapping that answers as Wikidata does, and what it was asked.
struct Service {
    std::vector<std::pair<std::string, std::string>> rows;  ///< value and IMDb id, in order of value
    std::vector<MappingPlace> asked;
    std::vector<AskedPage> instead;  ///< of the next answers

    AskedPage answer(const MappingPlace& place) {
        asked.push_back(place);
        if (!instead.empty()) {
            AskedPage page = instead.front();
            instead.erase(instead.begin());
            return page;
        }
        MappingPage page;
        for (const auto& [value, id] : rows) {
            if (value <= place.after || value >= place.end || (value != page.last && page.full(place))) {
                continue;
            }
            page.values += value == page.last ? 0 : 1;
            page.last = value;
            if (!id.empty()) {
                page.ids.try_emplace(imdb(id), rt(value));
            }
        }
        return {page, 10ms};
    }
    AskPage ask() {
        return [this](const MappingPlace& place) { return answer(place); };
    }
};

AskedPage failing(UpstreamFailure::Kind kind) {
    return {UpstreamFailure{kind, "Wikidata did not answer in time", std::nullopt}, 20s};
}

struct Fixture {
    explicit Fixture(Kind kind) : database(kind), store(prepared(database)), table(store) {}

    static StoreOptions prepared(const TestDatabase& database) {
        migrate(database.options());
        return database.options();
    }
    IdSyncEnd run(bool restart = false) {
        IdSyncPass pass({20s, 2160h, restart}, table);
        resumed = pass.resumed();
        expected = pass.expected();
        return pass.run(service.ask(), [](const IdSync&) {});
    }
    std::string known(const std::string& imdbId) const {
        return database.sql("SELECT rt_id FROM rt_id WHERE imdb_id = '" + imdbId + "'");
    }
    /// Films enough for `pages` pages at the sizes that quick answers lead to: 5,000, then 10,000.
    void fill(int pages) {
        for (int i = 0; i < pages * 10000 - 5000; ++i) {
            const std::string number = std::to_string(1000000 + i);
            service.rows.emplace_back("m/film_" + number, "tt" + number);
        }
    }

    TestDatabase database;
    Store store;
    IdSyncTable table;
    Service service;
    bool resumed = false;
    std::optional<std::uint64_t> expected;
};

}  // namespace

TEST_CASE("A pass takes over films and then series, and remembers that it came to the end") {
    Fixture fixture(GENERATE(Kind::sqlite, Kind::mariadb));
    fixture.service.rows = {{"m/heat", "tt0113277"}, {"m/no_film", ""}, {"tv/dark", "tt5753856"}};
    const auto end = fixture.run();
    CHECK(end.kind == IdSyncEnd::Kind::finished);
    CHECK(end.state.found == 2);
    CHECK(end.state.requests == 2);
    CHECK(fixture.known("tt0113277") == "m/heat\n");
    CHECK(fixture.known("tt5753856") == "tv/dark\n");
    CHECK(fixture.table.read()->finished());
    REQUIRE(fixture.service.asked.size() == 2);
    CHECK(fixture.service.asked[0].after == "m/");
    CHECK(fixture.service.asked[0].end == "m0");
    CHECK(fixture.service.asked[1].after == "tv/");
    CHECK(fixture.service.asked[1].end == "tv0");
}

TEST_CASE("Of a movie's values the first of the pass wins, over pages and kinds") {
    Fixture fixture(Kind::sqlite);
    fixture.fill(2);
    fixture.service.rows.emplace_back("m/z", "tt1000000");
    fixture.service.rows.emplace_back("tv/a", "tt1000001");
    fixture.service.rows.emplace_back("tv/b", "tt7777777");
    CHECK(fixture.run().kind == IdSyncEnd::Kind::finished);
    CHECK(fixture.known("tt1000000") == "m/film_1000000\n");
    CHECK(fixture.known("tt1000001") == "m/film_1000001\n");
    CHECK(fixture.known("tt7777777") == "tv/b\n");
}

TEST_CASE(
    "What was found is believed for its time, give or take a tenth, so that it does not expire together") {
    Fixture fixture(GENERATE(Kind::sqlite, Kind::mariadb));
    fixture.fill(1);
    fixture.run();
    CHECK(fixture.database.sql("SELECT COUNT(*) FROM rt_id WHERE expires_at - checked_at BETWEEN "
                               "2160 * 3240000 AND 2160 * 3960000") == "5000\n");
    CHECK(std::stoi(fixture.database.sql("SELECT COUNT(DISTINCT expires_at) FROM rt_id")) > 100);
}

TEST_CASE("A pass that was ended goes on where it was, and one that came to its end begins anew") {
    Fixture fixture(GENERATE(Kind::sqlite, Kind::mariadb));
    fixture.fill(3);
    fixture.service.instead = {fixture.service.answer({"m/", "m0", 5000}),
                               fixture.service.answer({"m/film_1004999", "m0", 10000}),
                               {NoTurn{true, "stopped"}}};
    fixture.service.asked.clear();
    CHECK(fixture.run().kind == IdSyncEnd::Kind::stopped);
    CHECK(fixture.table.read()->after == "m/film_1014999");
    fixture.service.asked.clear();
    CHECK(fixture.run().kind == IdSyncEnd::Kind::finished);
    CHECK(fixture.resumed);
    CHECK(fixture.service.asked.front().after == "m/film_1014999");
    CHECK(fixture.table.read()->found == 25000);
    CHECK(fixture.database.sql("SELECT COUNT(*) FROM rt_id") == "25000\n");

    fixture.service.asked.clear();
    fixture.run();
    CHECK_FALSE(fixture.resumed);
    CHECK(fixture.expected == 25000U);
    CHECK(fixture.service.asked.front().after == "m/");
}

TEST_CASE("A pass begins anew when told, and when the last one was begun too long ago") {
    Fixture fixture(Kind::sqlite);
    fixture.service.rows = {{"m/heat", "tt0113277"}};
    const IdSync half{.startedAt = now() - 24h, .after = "m/h", .requests = 9, .found = 9};
    fixture.table.save(half);
    fixture.run(true);
    CHECK(fixture.service.asked.front().after == "m/");
    CHECK(fixture.table.read()->requests == 2);

    fixture.table.save({.startedAt = now() - 24h * 31, .after = "m/h"});
    fixture.service.asked.clear();
    fixture.run();
    CHECK(fixture.service.asked.front().after == "m/");
}

TEST_CASE("A page that is too much is asked for again, smaller, and slow pages make the next one smaller") {
    Fixture fixture(Kind::sqlite);
    fixture.fill(1);
    fixture.service.instead = {failing(UpstreamFailure::Kind::timeout),
                               failing(UpstreamFailure::Kind::broken)};
    CHECK(fixture.run().kind == IdSyncEnd::Kind::finished);
    std::vector<std::size_t> limits;
    for (const MappingPlace& place : fixture.service.asked) {
        limits.push_back(place.limit);
    }
    CHECK(limits == std::vector<std::size_t>{5000, 2500, 1250, 2500, 5000, 10000});
    CHECK(fixture.database.sql("SELECT COUNT(*) FROM rt_id") == "5000\n");
}

TEST_CASE("A service that gives nothing is left alone after three failures at the least size") {
    Fixture fixture(Kind::sqlite);
    fixture.service.instead = std::vector(7, failing(UpstreamFailure::Kind::timeout));
    const auto end = fixture.run();
    CHECK(end.kind == IdSyncEnd::Kind::gaveUp);
    CHECK(end.why == "Wikidata did not answer in time");
    CHECK(fixture.service.asked.size() == 7);
    CHECK_FALSE(fixture.table.read()->finished());
    CHECK(fixture.table.read()->requests == 7);
}

TEST_CASE("A service that knows no films at all is out of order, and ends no pass") {
    Fixture fixture(Kind::sqlite);
    const auto end = fixture.run();
    CHECK(end.kind == IdSyncEnd::Kind::gaveUp);
    CHECK_THAT(end.why, Contains("knows no films"));
    CHECK_FALSE(fixture.table.read()->finished());
}

TEST_CASE("A page that was saved before its place was is taken over again without harm") {
    Fixture fixture(GENERATE(Kind::sqlite, Kind::mariadb));
    fixture.fill(2);
    fixture.service.rows.emplace_back("tv/z", "tt1000000");
    fixture.run();
    const auto before = fixture.database.sql("SELECT imdb_id, rt_id FROM rt_id ORDER BY imdb_id");
    IdSync state = fixture.table.read().value();
    state.after = "m/film_1004999";
    state.endedAt = {};
    fixture.table.save(state);
    fixture.run();
    CHECK(fixture.resumed);
    CHECK(fixture.database.sql("SELECT imdb_id, rt_id FROM rt_id ORDER BY imdb_id") == before);
}
