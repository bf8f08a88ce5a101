#include "common/store/demand_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::use;

constexpr std::chrono::minutes kPeriod{5};

}  // namespace

void DemandTable::add(std::span<const Asked> asked, Timestamp time) {
    struct Row {
        std::string id;
        std::int64_t requests;
        double weight;
    };
    if (asked.empty()) {
        return;
    }
    std::vector<Row> rows;
    rows.reserve(asked.size());
    for (const Asked& one : asked) {
        rows.push_back({one.id.string(), one.times, static_cast<double>(one.times) * requestWeight(time)});
    }
    // In one order for all writers, so that two of them do not lock each other's rows crosswise.
    std::ranges::sort(rows, {}, &Row::id);
    _store.impl().call([&](Connection& c) {
        const Dialect dialect = _store.impl().url().dialect;
        const auto fresh = [&](const std::string& column) { return brought(dialect, column); };
        const std::string at = std::to_string(toMillis(time));
        Statement statement(c.session());
        const std::string ahead =
            " > " + std::to_string(toMillis(latestBelieved(SharedTime::lastAskedAt, time)));
        // A movie that was only marked as wanted has not been asked for before: first_at is 0. MySQL assigns
        // from left to right, so what the requests decide comes before them.
        statement << "INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) VALUES " +
                         repeated("(?, ?, ?, " + at + ", " + at + ")", rows.size()) +
                         whenThere(dialect, "imdb_id") +
                         "first_at = CASE WHEN demand.requests = 0 OR demand.first_at" + ahead + " THEN " +
                         fresh("first_at") +
                         " ELSE demand.first_at END, weight = " + weightSql(dialect, "demand", time) + " + " +
                         fresh("weight") + ", requests = demand.requests + " + fresh("requests") +
                         ", last_at = CASE WHEN demand.last_at" + ahead + " THEN " + fresh("last_at") +
                         " ELSE " + (dialect == Dialect::sqlite ? "MAX" : "GREATEST") + "(demand.last_at, " +
                         fresh("last_at") + ") END";
        for (Row& row : rows) {
            statement.addBind(use(row.id));
            statement.addBind(use(row.requests));
            statement.addBind(use(row.weight));
        }
        return statement.execute();
    });
}

void DemandTable::addServed(const ServedCounts& counts, Timestamp time) {
    _store.impl().call([&](Connection& c) {
        static constexpr std::array kColumns{"cached", "stale", "fetched", "not_found", "failed"};
        const Dialect dialect = _store.impl().url().dialect;
        std::int64_t since = toMillis(time) / toMillis(Timestamp(kPeriod)) * toMillis(Timestamp(kPeriod));
        std::array<std::int64_t, kColumns.size()> values{counts.cached, counts.stale, counts.fetched,
                                                         counts.notFound, counts.failed};
        std::string columns;
        std::string assignments;
        for (const std::string column : kColumns) {
            columns.append(", ").append(column);
            assignments.append(assignments.empty() ? "" : ", ")
                .append(column)
                .append(" = served.")
                .append(column);
            assignments.append(" + ").append(brought(dialect, column));
        }
        Statement statement(c.session());
        statement << "INSERT INTO served (since" + columns + ") VALUES (?, " +
                         repeated("?", kColumns.size()) + ")" + whenThere(dialect, "since") + assignments;
        statement.addBind(use(since));
        for (auto& value : values) {
            statement.addBind(use(value));
        }
        return statement.execute();
    });
}

void DemandTable::purgeServed(Timestamp before) {
    _store.impl().call([&](Connection& c) {
        std::int64_t until = toMillis(before);
        Statement statement(c.session());
        statement << "DELETE FROM served WHERE since < ?";
        statement.addBind(use(until));
        return statement.execute();
    });
}

}  // namespace rtbatch
