#include "common/store/wanted_table.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const Timestamp kToday = fromMillis(1'790'000'000'000);

/// Marks of one movie, in the order of the calls.
class Marked {
public:
    explicit Marked(Kind kind) : _database(kind) {
        migrate(_database.options());
        _store.emplace(_database.options());
    }

    void mark(std::int64_t place, Timestamp time) {
        WantedTable(*_store).mark(std::vector{imdb("tt0113277")}, place, time);
    }
    std::string sql(const std::string& statements) const { return _database.sql(statements); }
    Store& store() { return *_store; }

private:
    TestDatabase _database;
    std::optional<Store> _store;
};

std::string place(const Marked& marked) {
    return marked.sql("SELECT wanted_place, wanted_at FROM demand");
}

std::string row(std::int64_t place, Timestamp time) {
    return std::to_string(place) + "\t" + std::to_string(toMillis(time)) + "\n";
}

}  // namespace

TEST_CASE("Movies are marked in their order, more of them than one statement takes") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    std::vector<ImdbId> ids;
    for (int i = 0; i < 1201; ++i) {
        ids.push_back(imdb(2000 - i));
    }
    WantedTable(marked.store()).mark(ids, 10, kToday);
    CHECK(marked.sql("SELECT COUNT(*), MIN(wanted_place), MAX(wanted_place), MIN(wanted_at) FROM demand") ==
          "1201\t10\t1210\t" + std::to_string(toMillis(kToday)) + "\n");
    CHECK(marked.sql("SELECT wanted_place FROM demand WHERE imdb_id = 'tt1002000'") == "10\n");
    CHECK(marked.sql("SELECT wanted_place FROM demand WHERE imdb_id = 'tt1000800'") == "1210\n");
}

TEST_CASE("A movie that stands twice on a list keeps its first place") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    WantedTable(marked.store())
        .mark(std::vector{imdb("tt0113277"), imdb("tt0000001"), imdb("tt0113277")}, 0, kToday);
    CHECK(marked.sql("SELECT wanted_place FROM demand WHERE imdb_id = 'tt0113277'") == "0\n");
}

TEST_CASE("A better mark replaces one that counts, and is not replaced by a worse one") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    marked.mark(50, kToday - 10 * 24h);
    marked.mark(7, kToday - 5 * 24h);
    CHECK(place(marked) == row(7, kToday - 5 * 24h));
    marked.mark(8, kToday);
    CHECK(place(marked) == row(7, kToday - 5 * 24h));
    marked.mark(7, kToday);  // the same list again
    CHECK(place(marked) == row(7, kToday));
}

TEST_CASE("A mark that no longer counts is replaced by any other") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    marked.mark(0, kToday - kMarkLasts + 1ms);
    marked.mark(9000, kToday);
    CHECK(place(marked) == row(0, kToday - kMarkLasts + 1ms));
    marked.mark(9000, kToday + 1ms);
    CHECK(place(marked) == row(9000, kToday + 1ms));
}

TEST_CASE("Marking leaves what is counted of requests alone") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    marked.sql(
        "INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) VALUES ('tt0113277', 3, 2.5, 4, "
        "5)");
    marked.mark(1, kToday);
    CHECK(marked.sql("SELECT requests, weight, first_at, last_at, wanted_place FROM demand") ==
          "3\t2.5\t4\t5\t1\n");
}

TEST_CASE("Movies that are warm already are counted: those with a fresh row") {
    Marked marked(GENERATE(Kind::sqlite, Kind::mariadb));
    auto fresh = movie(imdb(1));
    fresh.expiresAt = kToday + 1ms;
    auto stale = movie(imdb(2));
    stale.expiresAt = kToday;
    marked.store().saveMovie(fresh);
    marked.store().saveMovie(stale);
    CHECK(WantedTable(marked.store()).countWarm(std::vector{imdb(1), imdb(2), imdb(3)}, kToday) == 1);
    CHECK(WantedTable(marked.store()).countWarm({}, kToday) == 0);
}
