#include "common/store/report.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// A whole number on both databases: MySQL's SUM is a decimal, and NULL without rows.
std::string sum(const std::string& what) {
    return "CAST(COALESCE(SUM(" + what + "), 0) AS SIGNED)";
}

enum State : std::int64_t { fresh, stale, missing, notFound };

/// Conditions on a movie's row `c`, and on Wikidata's answer `i`; each binds the time.
struct Conditions {
    Conditions(Timestamp now, const AheadLimits& limits)
        : fresh("c.expires_at > ? AND NOT " + aheadSql("rt_cache", "c", now, limits)),
          absent("i.imdb_id IS NOT NULL AND i.rt_id IS NULL AND i.expires_at > ? AND NOT " +
                 aheadSql("rt_id", "i", now, limits)) {}

    std::string fresh;
    std::string absent;
};

/// The state of the movie of `c` and `i`, each of which may be NULL; binds the time twice.
std::string stateColumn(const Conditions& when) {
    return "CASE WHEN " + when.fresh + " THEN 0 WHEN c.imdb_id IS NOT NULL THEN 1 WHEN " + when.absent +
           " THEN 3 ELSE 2 END";
}

void add(RowCounts& counts, std::int64_t state, std::int64_t times) {
    switch (state) {
        case fresh:
            counts.fresh += times;
            break;
        case stale:
            counts.stale += times;
            break;
        case notFound:
            counts.notFound += times;
            break;
        default:
            counts.missing += times;
    }
}

/// Numbers of one row.
template <std::size_t count>
std::array<std::int64_t, count> oneRow(Connection& c, const std::string& sql, std::int64_t bound) {
    std::array<std::int64_t, count> numbers{};
    Statement statement(c.session());
    statement << sql;
    statement.addBind(use(bound));
    for (auto& number : numbers) {
        statement.addExtract(into(number));
    }
    statement.execute();
    return numbers;
}

/// What there is of all movies.
RowCounts countAll(Connection& c, std::int64_t time, const Conditions& when) {
    const auto rows = oneRow<2>(
        c, "SELECT COUNT(*), " + sum("CASE WHEN " + when.fresh + " THEN 1 ELSE 0 END") + " FROM rt_cache c",
        time);
    const auto without =
        oneRow<2>(c,
                  "SELECT COUNT(*), " + sum("CASE WHEN " + when.absent + " THEN 1 ELSE 0 END") +
                      " FROM demand d LEFT JOIN rt_cache c ON c.imdb_id = d.imdb_id "
                      "LEFT JOIN rt_id i ON i.imdb_id = d.imdb_id WHERE c.imdb_id IS NULL",
                  time);
    return {.fresh = rows[1],
            .stale = rows[0] - rows[1],
            .missing = without[0] - without[1],
            .notFound = without[1]};
}

}  // namespace

RowCounts& RowCounts::operator+=(const RowCounts& other) {
    fresh += other.fresh;
    stale += other.stale;
    missing += other.missing;
    notFound += other.notFound;
    return *this;
}

RowsByDemand Report::rowsByDemand(Timestamp now) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t time = toMillis(now);
        const Conditions when(now, _store.impl().aheadLimits());
        const Dialect dialect = _store.impl().url().dialect;
        std::vector<std::int64_t> states;
        Statement statement(c.session());
        statement << "SELECT " + stateColumn(when) + " FROM (SELECT imdb_id, " +
                         weightSql(dialect, "demand", now) +
                         " AS weight FROM demand ORDER BY 2 DESC, imdb_id LIMIT " +
                         std::to_string(kClassEnds.back()) +
                         ") AS d LEFT JOIN rt_cache c ON c.imdb_id = d.imdb_id "
                         "LEFT JOIN rt_id i ON i.imdb_id = d.imdb_id ORDER BY d.weight DESC, d.imdb_id";
        statement.addBind(use(time));
        statement.addBind(use(time));
        statement.addExtract(into(states));
        statement.execute();
        RowsByDemand classes;
        std::size_t which = 0;
        for (std::size_t place = 0; place < states.size(); ++place) {
            which += static_cast<int>(place) == kClassEnds.at(which) ? 1 : 0;
            add(classes.at(which), states[place], 1);
        }
        // The rest is what the others leave of all. Handlers go on writing, so it may come out a little below
        // none.
        RowCounts rest = countAll(c, time, when);
        for (std::size_t i = 0; i < kClassEnds.size(); ++i) {
            rest.fresh -= classes.at(i).fresh;
            rest.stale -= classes.at(i).stale;
            rest.missing -= classes.at(i).missing;
            rest.notFound -= classes.at(i).notFound;
        }
        const auto atLeastNone = [](std::int64_t n) { return std::max<std::int64_t>(n, 0); };
        classes.back() = {atLeastNone(rest.fresh), atLeastNone(rest.stale), atLeastNone(rest.missing),
                          atLeastNone(rest.notFound)};
        return classes;
    });
}

ServedCounts Report::served(Timestamp since) {
    return _store.impl().call([&](Connection& c) {
        const auto n =
            oneRow<5>(c,
                      "SELECT " + sum("cached") + ", " + sum("stale") + ", " + sum("fetched") + ", " +
                          sum("not_found") + ", " + sum("failed") + " FROM served WHERE since >= ? AND NOT " +
                          aheadSql("served", "served", _store.time()),
                      toMillis(since));
        return ServedCounts{n[0], n[1], n[2], n[3], n[4]};
    });
}

RtIdCounts Report::rtIds(Timestamp now) {
    return _store.impl().call([&](Connection& c) {
        const auto n = oneRow<3>(
            c,
            "SELECT COUNT(*), COUNT(rt_id), " +
                sum("CASE WHEN expires_at <= ? OR " +
                    aheadSql("rt_id", "rt_id", now, _store.impl().aheadLimits()) + " THEN 1 ELSE 0 END") +
                " FROM rt_id",
            toMillis(now));
        return RtIdCounts{n[1], n[0] - n[1], n[2]};
    });
}

}  // namespace rtbatch
