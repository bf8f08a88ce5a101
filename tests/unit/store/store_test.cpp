#include "common/store/store.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

std::vector<ImdbId> idsUpTo(int count) {
    std::vector<ImdbId> ids;
    ids.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        ids.push_back(imdb(i));
    }
    return ids;
}

KnownRtId known(const ImdbId& id, std::optional<RtId> rtId, Timestamp expiresAt) {
    return {id, std::move(rtId), fromMillis(1'700'000'000'001), expiresAt};
}

}  // namespace

TEST_CASE("A saved movie comes back as it was") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store store(database.options());
    const std::string facts =
        R"({"rtUrl":"https://x","title":"Am\u00e9lie \ud83d\ude00 '\"; --","year":2001,)"
        R"("criticScore":0,"audienceScore":null})";
    const CachedMovie saved{imdb("tt12345678"), "m/am\xC3\xA9lie_\xF0\x9F\x8E\xAC", facts,
                            fromMillis(1'700'000'000'123), fromMillis(1'700'604'800'999)};
    store.saveMovie(saved);

    const auto found = store.findMovies(std::vector{saved.imdbId});
    REQUIRE(found.size() == 1);
    CHECK(found[0].imdbId == saved.imdbId);
    CHECK(found[0].rtId == saved.rtId);
    CHECK(found[0].facts == facts);
    CHECK(found[0].cachedAt == saved.cachedAt);
    CHECK(found[0].expiresAt == saved.expiresAt);
    // A person at the SQL prompt sees the facts as columns.
    CHECK(database.sql("SELECT title, year, critic_score, audience_score FROM rt_cache") ==
          "Am\xC3\xA9lie \xF0\x9F\x98\x80 '\"; --\t2001\t0\tNULL\n");
}

TEST_CASE("Only the rows that there are come back, each once, for 1 to 50 ids and more") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store store(database.options());
    for (int i = 0; i < 60; i += 2) {
        store.saveMovie(movie(imdb(i), R"({"n":)" + std::to_string(i) + "}"));
    }
    CHECK(store.findMovies({}).empty());
    CHECK(store.findMovies(std::vector{imdb(1)}).empty());
    for (const int count : {1, 2, 3, 5, 6, 11, 29, 30, 31, 49, 50, 60, 50, 1}) {
        CAPTURE(count);
        std::map<std::string, std::string> found;
        const auto rows = store.findMovies(idsUpTo(count));
        for (const auto& row : rows) {
            found[row.imdbId.string()] = row.facts;
        }
        CHECK(found.size() == rows.size());
        CHECK(rows.size() == static_cast<std::size_t>((count + 1) / 2));
        for (int i = 0; i < count; i += 2) {
            CHECK(found[imdb(i).string()] == R"({"n":)" + std::to_string(i) + "}");
        }
    }
    CHECK(store.findMovies(std::vector{imdb(2), imdb(4), imdb(2), imdb(2)}).size() == 2);
}

TEST_CASE("Saving a movie again replaces its row") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store store(database.options());
    store.saveMovie(movie(imdb(1), "old"));
    store.saveMovie(movie(imdb(2), "other"));
    CachedMovie next = movie(imdb(1), std::string(60000, 'n'));
    next.rtId = "m/next";
    next.cachedAt += 5ms;
    next.expiresAt = fromMillis(7);
    store.saveMovie(next);

    const auto found = store.findMovies(std::vector{imdb(1)});
    REQUIRE(found.size() == 1);
    CHECK(found[0].facts == next.facts);
    CHECK(found[0].rtId == "m/next");
    CHECK(found[0].cachedAt == next.cachedAt);
    CHECK(found[0].expiresAt == fromMillis(7));
    CHECK(store.findMovies(std::vector{imdb(2)}).at(0).facts == "other");
}

TEST_CASE("Wikidata's answers are remembered until they expire") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store store(database.options());
    const auto later = now() + 1h;
    store.saveRtIds({});
    store.saveRtIds(std::vector{known(imdb(1), rt("m/heat"), later), known(imdb(2), std::nullopt, later),
                                known(imdb(3), rt("tv/dark/s01"), now() - 1ms)});

    const auto find = [&] {
        std::map<std::string, std::optional<RtId>> found;
        for (const auto& row : store.findRtIds(idsUpTo(10))) {
            CHECK(row.checkedAt == fromMillis(1'700'000'000'001));
            CHECK(row.expiresAt == later);
            found.emplace(row.imdbId.string(), row.rtId);
        }
        return found;
    };
    CHECK(find() == std::map<std::string, std::optional<RtId>>{{imdb(1).string(), rt("m/heat")},
                                                               {imdb(2).string(), std::nullopt}});
    // An answer replaces the one before, in either direction; an id that is there twice does no harm.
    store.saveRtIds(std::vector{known(imdb(1), std::nullopt, later), known(imdb(2), rt("m/ran"), later),
                                known(imdb(1), std::nullopt, later)});
    CHECK(find() == std::map<std::string, std::optional<RtId>>{{imdb(1).string(), std::nullopt},
                                                               {imdb(2).string(), rt("m/ran")}});
    CHECK(store.findRtIds({}).empty());
}

TEST_CASE("A remembered id that is not one is asked for again") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    database.sql("INSERT INTO rt_id VALUES ('tt1000001', 'm/../x', 1, 9000000000000)");
    Store store(database.options());
    CHECK(store.findRtIds(idsUpTo(5)).empty());
}

TEST_CASE("Fifty answers are saved at once") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store store(database.options());
    std::vector<KnownRtId> answers;
    answers.reserve(50);
    for (const auto& id : idsUpTo(50)) {
        answers.push_back(known(id, rt("m/" + id.string()), now() + 1h));
    }
    store.saveRtIds(answers);
    const auto found = store.findRtIds(idsUpTo(50));
    REQUIRE(found.size() == 50);
    CHECK(std::all_of(found.begin(), found.end(),
                      [](const auto& row) { return row.rtId == rt("m/" + row.imdbId.string()); }));
}

TEST_CASE("The look-up of a batch uses the primary key") {
    const TestDatabase database(Kind::mariadb);
    migrate(database.options());
    database.sql(
        "INSERT INTO rt_cache (imdb_id, rt_slug, facts, cached_at, expires_at) "
        "SELECT CONCAT('tt', 1000000 + seq), 'm/x', '{}', 1, 2 FROM seq_1_to_5000; ANALYZE TABLE rt_cache");
    StoreOptions one = database.options();
    one.maxConnections = 1;
    Store store(one);
    const auto rowsRead = [] {
        const auto text = sharedMariaDb().sql("SHOW GLOBAL STATUS LIKE 'Handler_read_rnd_next'");
        return std::stol(text.substr(text.find('\t')));
    };
    const long before = rowsRead();
    CHECK(store.findMovies(idsUpTo(50)).size() == 49);
    const long cost = rowsRead() - before;
    CHECK(cost < 4000);  // a scan of the table reads 5,000; SHOW itself reads some hundreds
}

TEST_CASE("More threads than connections wait for each other") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    StoreOptions few = database.options(60s);
    few.maxConnections = 2;
    Store store(few);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 15; ++i) {
                const auto id = imdb(100 * t + i);
                store.saveMovie(movie(id, id.string()));
                store.saveRtIds(std::vector{known(id, rt("m/" + id.string()), now() + 1h)});
                const auto rows = store.findMovies(std::vector{id, imdb(99)});
                const auto ids = store.findRtIds(std::vector{id});
                if (rows.size() != 1 || rows[0].facts != id.string() || ids.size() != 1) {
                    ++wrong;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(wrong == 0);
    CHECK(database.sql("SELECT COUNT(*) FROM rt_cache") == "120\n");
}

TEST_CASE("Two stores write the same rows at the same time") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    Store one(database.options(60s));
    Store two(database.options(60s));
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (Store* store : {&one, &two, &one, &two}) {
        threads.emplace_back([&, store] {
            for (int i = 0; i < 25; ++i) {
                try {
                    store->saveMovie(movie(imdb(i % 3)));
                    std::vector<KnownRtId> answers;
                    answers.reserve(20);
                    for (int k = 0; k < 20; ++k) {
                        answers.push_back(known(imdb((i + 7 * k) % 20), rt("m/x"), now() + 1h));
                    }
                    store->saveRtIds(answers);
                } catch (const StoreError& e) {
                    UNSCOPED_INFO(e.what());
                    ++failed;
                }
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(failed == 0);
    CHECK(one.findMovies(idsUpTo(20)).size() == 3);
    CHECK(two.findRtIds(idsUpTo(20)).size() == 20);
}

TEST_CASE(
    "A row that was read or stored lately is found without the database, and the others in one SELECT") {
    const TestDatabase database(GENERATE(Kind::sqlite, Kind::mariadb));
    migrate(database.options());
    StoreOptions options = database.options();
    options.memoryBytes = 1 << 20;
    options.memoryAge = GENERATE(24h, 0h);
    const bool kept = options.memoryAge > 0h;
    Store store(options);
    Store other(database.options());
    const RtId page = RtId::parse("m/heat").value();
    const auto rowOf = [&](int number, const std::string& title) {
        return CachedMovie{imdb(number), page.text(), renderFacts(page, {.title = title}), now(), now() + 1h};
    };
    store.saveMovie(rowOf(1, "Stored"));
    other.saveMovie(rowOf(2, "Read"));
    const std::vector ids{imdb(1), imdb(2), imdb(3)};
    const auto titles = [&] {
        std::string all;
        for (const MovieRow& row : store.findRecent(ids)) {
            all += row ? parseFacts(row->facts)->title + "," : "none,";
        }
        return all;
    };
    CHECK(titles() == "Stored,Read,none,");
    other.saveMovie(rowOf(1, "Renewed"));
    other.saveMovie(rowOf(2, "Renewed"));
    other.saveMovie(rowOf(3, "New"));
    CHECK(titles() == (kept ? "Stored,Read,New," : "Renewed,Renewed,New,"));
    store.saveMovie(rowOf(2, "Stored again"));
    CHECK(titles() == (kept ? "Stored,Stored again,New," : "Renewed,Stored again,New,"));
}

TEST_CASE("A row that somebody has edited is as if it were not there, and is not kept") {
    const TestDatabase database(Kind::sqlite);
    migrate(database.options());
    StoreOptions options = database.options();
    options.memoryBytes = 1 << 20;
    options.memoryAge = 24h;
    Store store(options);
    Store other(database.options());
    other.saveMovie(CachedMovie{imdb(1), "m/heat", "{}", now(), now() + 1h});
    CHECK(store.findRecent(std::vector{imdb(1)}).at(0) == nullptr);
    const RtId page = RtId::parse("m/heat").value();
    other.saveMovie(
        CachedMovie{imdb(1), page.text(), renderFacts(page, {.title = "Heat"}), now(), now() + 1h});
    CHECK(store.findRecent(std::vector{imdb(1)}).at(0) != nullptr);
}
