// How long the one look-up of a batch takes: 30 hits among 10,000 rows, on SQLite and on a MariaDB of its
// own. Beside the store's way (a statement prepared once on a connection) the ways that it could go instead.

#include <Poco/Data/MySQL/Utility.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <mysql/mysql.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/model/deadline.h"
#include "common/model/facts.h"
#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/support/mariadb.h"

namespace {

using namespace rtbatch;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kRows = 10000;
constexpr std::size_t kIds = 30;
constexpr auto kSpan = 2s;

ImdbId idOf(int number) {
    return ImdbId::parse("tt" + std::to_string(1000000 + number)).value();
}

std::vector<ImdbId> someIds(std::minstd_rand& random) {
    std::vector<ImdbId> ids;
    ids.reserve(kIds);
    while (ids.size() < kIds) {
        ids.push_back(idOf(static_cast<int>(random() % kRows)));
    }
    return ids;
}

std::string select(const std::vector<ImdbId>& ids) {
    std::string sql =
        "SELECT imdb_id, rt_slug, facts, cached_at, expires_at FROM rt_cache WHERE imdb_id IN (";
    for (const auto& id : ids) {
        sql += "'" + id.string() + "',";
    }
    sql.back() = ')';
    return sql;
}

/// One way to look up; made once in each thread.
using Lookup = std::function<std::size_t(const std::vector<ImdbId>&)>;
using MakeLookup = std::function<Lookup()>;

void measure(const char* name, int threads, const MakeLookup& make) {
    std::vector<std::vector<double>> samples(static_cast<std::size_t>(threads));
    std::vector<std::thread> workers;
    workers.reserve(samples.size());
    for (auto& mine : samples) {
        workers.emplace_back([&mine, &make] {
            std::minstd_rand random(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(&mine)));
            const auto lookup = make();
            lookup(someIds(random));
            const auto end = Clock::now() + kSpan;
            for (auto start = Clock::now(); start < end;) {
                const auto ids = someIds(random);
                start = Clock::now();
                if (lookup(ids) == 0) {
                    throw std::runtime_error("no rows");
                }
                mine.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
            }
        });
    }
    for (auto& worker : workers) {
        worker.join();
    }
    std::vector<double> all;
    for (const auto& mine : samples) {
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    std::printf("%-44s %d threads  median %6.0f us  p99 %6.0f us  %7.0f/s\n", name, threads,
                all[all.size() / 2], all[all.size() * 99 / 100],
                static_cast<double>(all.size()) / std::chrono::duration<double>(kSpan).count());
    std::fflush(stdout);
}

void fill(Store& store, const std::string& url) {
    migrate({.url = url});
    const MovieFacts facts{.title = "The Long Goodbye of the Benchmark",
                           .year = 1973,
                           .criticScore = 95,
                           .audienceScore = 87,
                           .certified = true,
                           .consensus = std::string(220, 'x')};
    const auto rtId = RtId::parse("m/the_long_goodbye").value();
    for (int i = 0; i < kRows; ++i) {
        store.saveMovie(CachedMovie{idOf(i), rtId.text(), renderFacts(rtId, facts), now(), now() + 24h});
    }
}

void measureDatabase(const std::string& name, const std::string& url, int threads) {
    Store store({.url = url, .maxConnections = threads});
    const auto pooled = [&store](const std::vector<ImdbId>& ids) { return store.findMovies(ids).size(); };
    measure((name + ", the store").c_str(), threads, [&] { return pooled; });
    measure((name + ", Poco, a new statement each time").c_str(), threads, [&]() -> Lookup {
        auto connection = std::make_shared<Connection>(DatabaseUrl::parse(url), Connection::Mode::use, 5s,
                                                       Deadline::in(5s));
        return [connection](const std::vector<ImdbId>& ids) {
            connection->setDeadline(Deadline::in(5s));
            std::vector<std::string> imdbIds;
            std::vector<std::string> rtIds;
            std::vector<std::string> facts;
            std::vector<std::int64_t> cachedAt;
            std::vector<std::int64_t> expiresAt;
            Poco::Data::Statement statement(connection->session());
            statement << select(ids);
            statement.addExtract(Poco::Data::Keywords::into(imdbIds));
            statement.addExtract(Poco::Data::Keywords::into(rtIds));
            statement.addExtract(Poco::Data::Keywords::into(facts));
            statement.addExtract(Poco::Data::Keywords::into(cachedAt));
            statement.addExtract(Poco::Data::Keywords::into(expiresAt));
            return statement.execute();
        };
    });
    measure((name + ", the client library").c_str(), threads, [&]() -> Lookup {
        auto connection = std::make_shared<Connection>(DatabaseUrl::parse(url), Connection::Mode::use, 5s,
                                                       Deadline::in(5s));
        const bool mysql = url.starts_with("mysql:");
        return [connection, mysql](const std::vector<ImdbId>& ids) -> std::size_t {
            connection->setDeadline(Deadline::in(5s));
            std::vector<CachedMovie> movies;
            const auto sql = select(ids);
            const auto add = [&](const char* id, const char* slug, const char* facts, const char* at,
                                 const char* until) {
                movies.push_back({ImdbId::parse(id).value(), slug, facts, fromMillis(std::atoll(at)),
                                  fromMillis(std::atoll(until))});
            };
            if (mysql) {
                MYSQL* handle = Poco::Data::MySQL::Utility::handle(connection->session());
                mysql_real_query(handle, sql.data(), sql.size());
                MYSQL_RES* result = mysql_store_result(handle);
                while (MYSQL_ROW row = mysql_fetch_row(result)) {
                    add(row[0], row[1], row[2], row[3], row[4]);
                }
                mysql_free_result(result);
            } else {
                sqlite3* handle = Poco::Data::SQLite::Utility::dbHandle(connection->session());
                sqlite3_stmt* statement = nullptr;
                sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
                const auto text = [&](int column) {
                    return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
                };
                while (sqlite3_step(statement) == SQLITE_ROW) {
                    add(text(0), text(1), text(2), text(3), text(4));
                }
                sqlite3_finalize(statement);
            }
            return movies.size();
        };
    });
}

}  // namespace

int main() {
    const auto file =
        std::filesystem::temp_directory_path() / ("rtbatch-bench-" + std::to_string(getpid()) + ".db");
    const test::MariaDb server;
    for (const auto& [name, url] : {std::pair<std::string, std::string>{"SQLite", "sqlite:" + file.string()},
                                    {"MariaDB, socket", server.url()},
                                    {"MariaDB, TCP", server.tcpUrl()}}) {
        if (name != "MariaDB, TCP") {
            Store store({.url = url, .timeout = 30s});
            fill(store, url);
        }
        for (const int threads : {1, 4}) {
            measureDatabase(name, url, threads);
        }
    }
    for (const char* end : {"", "-wal", "-shm"}) {
        std::filesystem::remove(file.string() + end);
    }
}
