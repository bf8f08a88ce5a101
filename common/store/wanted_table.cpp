#include "common/store/wanted_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

constexpr std::size_t kIdsAStatement = 500;

struct Mark {
    std::string imdbId;
    std::int64_t place;
};

/// In one order for all writers, so that two of them do not lock each other's rows crosswise.
std::vector<Mark> sortedMarks(std::span<const ImdbId> ids, std::int64_t place) {
    std::vector<Mark> marks;
    marks.reserve(ids.size());
    for (const ImdbId& id : ids) {
        marks.push_back({id.string(), place++});
    }
    std::ranges::stable_sort(marks, {}, &Mark::imdbId);
    return marks;
}

/// A mark of the future does not count. MySQL assigns from left to right, and what is assigned is seen at
/// once: the place is told apart first, and where it is the new one (or was the same), the time follows.
std::string markSql(Dialect dialect, std::size_t count) {
    const std::string insert =
        "INSERT INTO demand (imdb_id, wanted_place, wanted_at) VALUES " + repeated("(?, ?, ?)", count);
    if (dialect == Dialect::sqlite) {
        return insert +
               " ON CONFLICT (imdb_id) DO UPDATE SET wanted_place = excluded.wanted_place, "
               "wanted_at = excluded.wanted_at WHERE demand.wanted_place IS NULL OR demand.wanted_at <= ? OR "
               "demand.wanted_at > ? OR excluded.wanted_place <= demand.wanted_place";
    }
    return insert +
           " ON DUPLICATE KEY UPDATE wanted_place = IF(wanted_place IS NULL OR wanted_at <= ? OR wanted_at > "
           "? OR "
           "VALUES(wanted_place) <= wanted_place, VALUES(wanted_place), wanted_place), "
           "wanted_at = IF(wanted_place = VALUES(wanted_place), VALUES(wanted_at), wanted_at)";
}

}  // namespace

void WantedTable::mark(std::span<const ImdbId> ids, std::int64_t firstPlace, Timestamp time) {
    while (!ids.empty()) {
        const auto some = ids.first(std::min(ids.size(), kIdsAStatement));
        auto marks = sortedMarks(some, firstPlace);
        auto markedAt = toMillis(time);
        auto forgotten = toMillis(time - kMarkLasts);
        auto latest = toMillis(latestBelieved(SharedTime::wantedAt, time));
        _store.impl().call([&](Connection& connection) {
            Statement statement(connection.session());
            statement << markSql(_store.impl().url().dialect, marks.size());
            for (Mark& mark : marks) {
                statement.addBind(use(mark.imdbId));
                statement.addBind(use(mark.place));
                statement.addBind(use(markedAt));
            }
            statement.addBind(use(forgotten));
            statement.addBind(use(latest));
            return statement.execute();
        });
        ids = ids.subspan(some.size());
        firstPlace += static_cast<std::int64_t>(some.size());
    }
}

std::size_t WantedTable::countWarm(std::span<const ImdbId> ids, Timestamp time) {
    std::size_t warm = 0;
    while (!ids.empty()) {
        const auto some = ids.first(std::min(ids.size(), kIdsAStatement));
        std::vector<std::string> texts;
        for (const ImdbId& id : some) {
            texts.push_back(id.string());
        }
        auto notBefore = toMillis(time);
        warm += _store.impl().call([&](Connection& connection) {
            std::int64_t count = 0;
            Statement statement(connection.session());
            statement << "SELECT COUNT(*) FROM rt_cache WHERE expires_at > ? AND NOT " +
                             aheadSql("rt_cache", "rt_cache", time, _store.impl().aheadLimits()) +
                             " AND imdb_id IN (" + repeated("?", texts.size()) + ")";
            statement.addBind(use(notBefore));
            for (std::string& text : texts) {
                statement.addBind(use(text));
            }
            statement.addExtract(into(count));
            statement.execute();
            return static_cast<std::size_t>(count);
        });
        ids = ids.subspan(some.size());
    }
    return warm;
}

}  // namespace rtbatch
