#include "common/store/refresh_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"
#include "common/store/wanted_table.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// What stands for NULL in a column of numbers.
constexpr std::int64_t kNone = -1;

/// The columns of a due movie. One place for both statements and for what reads them.
struct DueRows {
    std::vector<std::string> ids;
    std::vector<std::string> slugs;  // of the row; empty: there is none
    std::vector<std::string> rtIds;  // remembered; empty: none
    std::array<std::vector<std::int64_t>, 11> numbers;
    std::vector<double> weights;

    enum Number : std::size_t {
        cachedAt,
        expiresAt,
        unchanged,
        suspectAt,
        releasedAt,
        year,
        requests,
        firstAt,
        lastAt,
        place,
        wantedAt,
    };

    static std::string columns() {
        const std::string none = std::to_string(kNone);
        const auto number = [&](const std::string& column) {
            return ", COALESCE(" + column + ", " + none + ")";
        };
        std::string text = ", COALESCE(c.rt_slug, ''), COALESCE(i.rt_id, '')";
        for (const char* column : {"c.cached_at", "c.expires_at", "c.unchanged", "c.suspect_at"}) {
            text += number(column);
        }
        // Any date may be before 1970.
        text += ", COALESCE(c.released_at, " + std::to_string(kNoRelease) + ")";
        for (const char* column :
             {"c.year", "d.requests", "d.first_at", "d.last_at", "d.wanted_place", "d.wanted_at"}) {
            text += number(column);
        }
        return text + ", COALESCE(d.weight, 0.0)";
    }

    void extractInto(Statement& statement) {
        statement.addExtract(into(ids));
        statement.addExtract(into(slugs));
        statement.addExtract(into(rtIds));
        for (auto& column : numbers) {
            statement.addExtract(into(column));
        }
        statement.addExtract(into(weights));
    }

    std::int64_t number(Number which, std::size_t row) const { return numbers[which][row]; }

    std::optional<Timestamp> time(Number which, std::size_t row) const {
        const auto value = number(which, row);
        return value <= 0 ? std::nullopt : std::optional(fromMillis(value));
    }

    /// Those that are not `seen` yet, as far as they are believed `now`.
    void appendTo(std::vector<DueMovie>& movies, std::set<std::string>& seen, Timestamp now,
                  const AheadLimits& limits) const {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const auto id = ImdbId::parse(ids[i]);
            if (!id || !seen.insert(ids[i]).second) {
                continue;
            }
            DueMovie movie{.id = *id};
            if (!slugs[i].empty()) {
                movie.row = StoredMovie{
                    {*id, slugs[i], "", fromMillis(number(cachedAt, i)), fromMillis(number(expiresAt, i))},
                    static_cast<int>(number(unchanged, i)),
                    time(suspectAt, i)};
                if (number(releasedAt, i) != kNoRelease) {
                    movie.row->released =
                        std::chrono::floor<std::chrono::days>(fromMillis(number(releasedAt, i)));
                }
                distrust(*movie.row, now, limits);
                movie.row->cachedAt = std::min(movie.row->cachedAt, now);
            }
            if (number(year, i) != kNone) {
                movie.year = static_cast<int>(number(year, i));
            }
            movie.rtId = RtId::parse(rtIds[i]);
            if (number(requests, i) != kNone) {
                movie.demand = {number(requests, i), weights[i], fromMillis(number(firstAt, i)),
                                fromMillis(number(lastAt, i))};
                if (number(place, i) != kNone) {
                    movie.demand.wantedPlace = number(place, i);
                    movie.demand.wantedAt = fromMillis(number(wantedAt, i));
                }
                distrust(movie.demand, now);
            }
            movies.push_back(std::move(movie));
        }
    }
};

}  // namespace

std::vector<DueMovie> RefreshTable::findDue(Timestamp now, Timestamp horizon, int most) {
    const AheadLimits& limits = _store.impl().aheadLimits();
    const std::string byDemand = " ORDER BY " + weightSql(_store.impl().url().dialect, "d", now) + " DESC";
    const std::string mayBeTried =
        "(COALESCE(f.retry_at, 0) <= ? OR " + aheadSql("rt_failure", "f", now) + ")";
    return _store.impl().call([&](Connection& c) {
        std::vector<DueMovie> movies;
        std::int64_t time = toMillis(now);
        std::int64_t end = toMillis(horizon);
        std::int64_t forgotten = toMillis(now - kMarkLasts);
        std::set<std::string> seen;
        const auto addSome = [&](const std::string& sql, std::int64_t& first, std::int64_t& second,
                                 bool marked) {
            DueRows rows;
            Statement statement(c.session());
            statement
                << sql +
                       (marked ? " AND d.wanted_place IS NOT NULL AND d.wanted_at > ? ORDER BY d.wanted_place"
                               : byDemand) +
                       " LIMIT " + std::to_string(most);
            statement.addBind(use(first));
            statement.addBind(use(second));
            if (marked) {
                statement.addBind(use(forgotten));
            }
            rows.extractInto(statement);
            statement.execute();
            rows.appendTo(movies, seen, now, limits);
        };
        // A mark says nothing of the demand, so those that nobody asked for would be cut in any order.
        const auto add = [&](const std::string& sql, std::int64_t& first, std::int64_t& second) {
            addSome(sql, first, second, false);
            addSome(sql, first, second, true);
        };
        const std::string rowsWhere =
            "SELECT c.imdb_id" + DueRows::columns() +
            " FROM rt_cache c LEFT JOIN demand d ON d.imdb_id = c.imdb_id "
            "LEFT JOIN rt_id i ON i.imdb_id = c.imdb_id LEFT JOIN rt_failure f ON f.imdb_id = c.imdb_id "
            "WHERE ";
        add(rowsWhere + "c.expires_at < ? AND " + mayBeTried, end, time);
        // By itself, so that the first one keeps its index.
        addSome(
            rowsWhere + aheadSql("rt_cache", "c", now, limits) + " AND c.expires_at >= ? AND " + mayBeTried,
            end, time, false);
        add("SELECT d.imdb_id" + DueRows::columns() +
                " FROM demand d LEFT JOIN rt_cache c ON c.imdb_id = d.imdb_id "
                "LEFT JOIN rt_id i ON i.imdb_id = d.imdb_id LEFT JOIN rt_failure f ON f.imdb_id = d.imdb_id "
                "WHERE c.imdb_id IS NULL AND " +
                mayBeTried + " AND (i.imdb_id IS NULL OR i.rt_id IS NOT NULL OR i.expires_at <= ? OR " +
                aheadSql("rt_id", "i", now, limits) + ")",
            time, time);
        return movies;
    });
}

DueMovie RefreshTable::find(const ImdbId& id) {
    return _store.impl().call([&](Connection& c) {
        std::string key = id.string();
        DueRows rows;
        Statement statement(c.session());
        // The id is digits after "tt"; bound as a column it would be of no type.
        statement << "SELECT '" + key + "'" + DueRows::columns() +
                         " FROM (SELECT 1 AS it) AS one LEFT JOIN rt_cache c ON c.imdb_id = ? "
                         "LEFT JOIN demand d ON d.imdb_id = ? LEFT JOIN rt_id i ON i.imdb_id = ?";
        for (int i = 0; i < 3; ++i) {
            statement.addBind(use(key));
        }
        rows.extractInto(statement);
        statement.execute();
        std::vector<DueMovie> movies;
        std::set<std::string> seen;
        rows.appendTo(movies, seen, _store.time(), _store.impl().aheadLimits());
        return movies.at(0);
    });
}

void RefreshTable::saveRun(const RefreshRun& run) {
    _store.impl().call([&](Connection& c) {
        std::string owner = run.owner;
        std::string endedBy = run.endedBy;
        std::array<std::int64_t, 7> numbers{toMillis(run.startedAt),
                                            run.endedAt ? toMillis(*run.endedAt) : 0,
                                            run.due,
                                            run.pages,
                                            run.renewed,
                                            run.notFound,
                                            run.failed};
        Statement statement(c.session());
        statement << "REPLACE INTO refresh_run (started_at, ended_at, due, pages, renewed, not_found, "
                     "failed, owner, "
                     "ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        for (auto& number : numbers) {
            statement.addBind(use(number));
        }
        statement.addBind(use(owner));
        statement.addBind(use(endedBy));
        return statement.execute();
    });
}

std::vector<RefreshRun> RefreshTable::runsSince(Timestamp since) {
    return runs(since, "");
}

std::vector<RefreshRun> RefreshTable::lastRuns(int most) {
    return runs({}, " LIMIT " + std::to_string(most));
}

std::vector<RefreshRun> RefreshTable::runs(Timestamp since, const std::string& limit) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t from = toMillis(since);
        std::array<std::vector<std::int64_t>, 7> numbers;
        std::vector<std::string> owners;
        std::vector<std::string> endedBy;
        Statement statement(c.session());
        statement
            << "SELECT started_at, ended_at, due, pages, renewed, not_found, failed, owner, ended_by FROM "
               "refresh_run WHERE started_at >= ? AND NOT " +
                   aheadSql("refresh_run", "refresh_run", _store.time()) + " ORDER BY started_at DESC" +
                   limit;
        statement.addBind(use(from));
        for (auto& column : numbers) {
            statement.addExtract(into(column));
        }
        statement.addExtract(into(owners));
        statement.addExtract(into(endedBy));
        statement.execute();
        std::vector<RefreshRun> runs;
        for (std::size_t i = 0; i < owners.size(); ++i) {
            RefreshRun run{.startedAt = fromMillis(numbers[0][i]),
                           .owner = owners[i],
                           .due = numbers[2][i],
                           .pages = numbers[3][i],
                           .renewed = numbers[4][i],
                           .notFound = numbers[5][i],
                           .failed = numbers[6][i],
                           .endedBy = endedBy[i]};
            if (numbers[1][i] != 0) {
                run.endedAt = fromMillis(numbers[1][i]);
            }
            runs.push_back(std::move(run));
        }
        return runs;
    });
}

void RefreshTable::purgeRuns(Timestamp before) {
    _store.impl().call([&](Connection& c) {
        std::int64_t until = toMillis(before);
        Statement statement(c.session());
        statement << "DELETE FROM refresh_run WHERE started_at < ?";
        statement.addBind(use(until));
        return statement.execute();
    });
}

}  // namespace rtbatch
