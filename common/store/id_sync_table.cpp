#include "common/store/id_sync_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <vector>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

constexpr std::size_t kRowsAStatement = 500;
constexpr auto kSource = "wikidata";

struct Row {
    std::string imdbId;
    std::string rtId;
    std::int64_t checkedAt;
    std::int64_t expiresAt;
};

/// In one order for all writers, so that two of them do not lock each other's rows crosswise.
std::vector<Row> sortedRows(std::span<const KnownRtId> known) {
    std::vector<Row> rows;
    rows.reserve(known.size());
    for (const KnownRtId& one : known) {
        rows.push_back(
            {one.imdbId.string(), one.rtId.value().text(), toMillis(one.checkedAt), toMillis(one.expiresAt)});
    }
    std::ranges::stable_sort(rows, {}, &Row::imdbId);
    return rows;
}

/// MySQL assigns from left to right, and what is assigned is seen at once; so the columns of the condition
/// come last, and the time follows the id. (A row that has this very id is confirmed, so its time may move
/// too.) A row that was checked in the future is not believed, so it is replaced.
std::string upsertSql(Dialect dialect, std::size_t count) {
    const std::string insert = "INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES " +
                               repeated("(?, ?, ?, ?)", count);
    if (dialect == Dialect::sqlite) {
        return insert +
               " ON CONFLICT (imdb_id) DO UPDATE SET rt_id = excluded.rt_id, checked_at = "
               "excluded.checked_at, "
               "expires_at = excluded.expires_at WHERE rt_id.checked_at < ? OR rt_id.checked_at > ? OR "
               "rt_id.rt_id IS NULL";
    }
    return insert +
           " ON DUPLICATE KEY UPDATE "
           "expires_at = IF(checked_at < ? OR checked_at > ? OR rt_id IS NULL, VALUES(expires_at), "
           "expires_at), "
           "rt_id = IF(checked_at < ? OR checked_at > ? OR rt_id IS NULL, VALUES(rt_id), rt_id), "
           "checked_at = IF(rt_id = VALUES(rt_id), VALUES(checked_at), checked_at)";
}

void upsert(Connection& connection, Dialect dialect, std::vector<Row>& rows, std::int64_t passStartedAt,
            std::int64_t latest) {
    Statement statement(connection.session());
    statement << upsertSql(dialect, rows.size());
    for (Row& row : rows) {
        statement.addBind(use(row.imdbId));
        statement.addBind(use(row.rtId));
        statement.addBind(use(row.checkedAt));
        statement.addBind(use(row.expiresAt));
    }
    for (int i = 0; i < (dialect == Dialect::mysql ? 2 : 1); ++i) {
        statement.addBind(use(passStartedAt));
        statement.addBind(use(latest));
    }
    statement.execute();
}

}  // namespace

std::optional<IdSync> IdSyncTable::read() {
    return _store.impl().call([&](Connection& connection) {
        std::string source = kSource;
        std::array<std::vector<std::int64_t>, 4> numbers;
        std::vector<std::string> after;
        Statement statement(connection.session());
        statement
            << "SELECT started_at, ended_at, requests, found, after_rt_id FROM id_sync WHERE source = ?";
        statement.addBind(use(source));
        for (auto& column : numbers) {
            statement.addExtract(into(column));
        }
        statement.addExtract(into(after));
        statement.execute();
        return after.empty()
                   ? std::nullopt
                   : std::optional(IdSync{fromMillis(numbers[0].front()), fromMillis(numbers[1].front()),
                                          after.front(), numbers[2].front(), numbers[3].front()});
    });
}

void IdSyncTable::save(const IdSync& state) {
    std::string source = kSource;
    std::string after = cutToColumn(state.after);
    std::array<std::int64_t, 4> numbers{toMillis(state.startedAt), toMillis(state.endedAt), state.requests,
                                        state.found};
    _store.impl().call([&](Connection& connection) {
        Statement statement(connection.session());
        statement << std::string(
                         "INSERT INTO id_sync (source, after_rt_id, started_at, ended_at, requests, found) "
                         "VALUES (?, ?, ?, ?, ?, ?) ") +
                         (_store.impl().url().dialect == Dialect::sqlite
                              ? "ON CONFLICT (source) DO UPDATE SET after_rt_id = excluded.after_rt_id, "
                                "started_at = excluded.started_at, ended_at = excluded.ended_at, "
                                "requests = excluded.requests, found = excluded.found"
                              : "ON DUPLICATE KEY UPDATE after_rt_id = VALUES(after_rt_id), "
                                "started_at = VALUES(started_at), ended_at = VALUES(ended_at), "
                                "requests = VALUES(requests), found = VALUES(found)");
        statement.addBind(use(source));
        statement.addBind(use(after));
        for (auto& number : numbers) {
            statement.addBind(use(number));
        }
        return statement.execute();
    });
}

void IdSyncTable::saveSynced(std::span<const KnownRtId> rows, Timestamp passStartedAt) {
    while (!rows.empty()) {
        const auto some = rows.first(std::min(rows.size(), kRowsAStatement));
        auto sorted = sortedRows(some);
        _store.impl().call([&](Connection& connection) {
            upsert(connection, _store.impl().url().dialect, sorted, toMillis(passStartedAt),
                   toMillis(latestBelieved(SharedTime::rtIdCheckedAt, _store.time())));
            return true;
        });
        rows = rows.subspan(some.size());
    }
}

}  // namespace rtbatch
