#include "common/store/movie_lookup.h"

#include <Poco/Data/MySQL/MySQLException.h>
#include <Poco/Data/MySQL/Utility.h>
#include <Poco/Data/SQLite/Utility.h>
#include <mysql/mysql.h>
#include <sqlite3.h>

#include <charconv>
#include <string>
#include <string_view>

#include "common/store/sql_text.h"

namespace rtbatch {

namespace {

constexpr std::string_view kSelect =
    "SELECT imdb_id, rt_slug, facts, cached_at, expires_at FROM rt_cache WHERE imdb_id IN (";

/// The columns of a row in the order of kSelect, the numbers as they were read.
void add(std::vector<CachedMovie>& movies, std::string_view id, std::string_view rtId, std::string_view facts,
         std::int64_t cachedAt, std::int64_t expiresAt) {
    if (const auto parsed = ImdbId::parse(id)) {
        movies.push_back(
            {*parsed, std::string(rtId), std::string(facts), fromMillis(cachedAt), fromMillis(expiresAt)});
    }
}

std::int64_t numberOf(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string_view textOf(sqlite3_stmt* row, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return text == nullptr
               ? std::string_view()
               : std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

struct FreeResult {
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

}  // namespace

MovieLookup::MovieLookup(Poco::Data::Session& session, Dialect dialect)
    : _session(session), _dialect(dialect) {}

MovieLookup::~MovieLookup() = default;

void MovieLookup::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

std::vector<CachedMovie> MovieLookup::find(std::span<const ImdbId> ids) {
    return _dialect == Dialect::sqlite ? findInSqlite(ids) : findInMysql(ids);
}

std::vector<CachedMovie> MovieLookup::findInSqlite(std::span<const ImdbId> ids) {
    sqlite3* const database = Poco::Data::SQLite::Utility::dbHandle(_session);
    SqliteStatement& statement = _statements[ids.size()];
    if (!statement) {
        const std::string sql = std::string(kSelect) + repeated("?", ids.size()) + ")";
        sqlite3_stmt* made = nullptr;
        const int result = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                              SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        if (result != SQLITE_OK) {
            Poco::Data::SQLite::Utility::throwException(database, result);
        }
        statement.reset(made);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::string_view id = ids[i].text();
        sqlite3_bind_text(statement.get(), static_cast<int>(i + 1), id.data(), static_cast<int>(id.size()),
                          SQLITE_STATIC);
    }
    std::vector<CachedMovie> movies;
    movies.reserve(ids.size());
    int result = SQLITE_OK;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
        sqlite3_stmt* const row = statement.get();
        add(movies, textOf(row, 0), textOf(row, 1), textOf(row, 2), sqlite3_column_int64(row, 3),
            sqlite3_column_int64(row, 4));
    }
    sqlite3_reset(statement.get());
    if (result != SQLITE_DONE) {
        Poco::Data::SQLite::Utility::throwException(database, result);
    }
    return movies;
}

/// As text, in one trip to the server. An id is digits after `tt` and needs no quoting.
std::vector<CachedMovie> MovieLookup::findInMysql(std::span<const ImdbId> ids) {
    MYSQL* const database = Poco::Data::MySQL::Utility::handle(_session);
    std::string sql(kSelect);
    for (const ImdbId& id : ids) {
        sql.append("'").append(id.text()).append("',");
    }
    sql.back() = ')';
    if (mysql_real_query(database, sql.data(), sql.size()) != 0) {
        throw Poco::Data::MySQL::ConnectionException("cannot look up movies", database);
    }
    const std::unique_ptr<MYSQL_RES, FreeResult> result(mysql_use_result(database));
    if (!result) {
        throw Poco::Data::MySQL::ConnectionException("cannot look up movies", database);
    }
    std::vector<CachedMovie> movies;
    movies.reserve(ids.size());
    while (char** row = mysql_fetch_row(result.get())) {
        const unsigned long* sizes = mysql_fetch_lengths(result.get());
        const auto text = [&](std::size_t column) {
            return row[column] == nullptr ? std::string_view() : std::string_view(row[column], sizes[column]);
        };
        add(movies, text(0), text(1), text(2), numberOf(text(3)), numberOf(text(4)));
    }
    if (mysql_errno(database) != 0) {
        throw Poco::Data::MySQL::ConnectionException("cannot look up movies", database);
    }
    return movies;
}

}  // namespace rtbatch
