#include "common/store/ahead_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/store/ahead.h"
#include "common/store/sql_text.h"
#include "common/store/store_impl.h"
#include "common/store/usage_table.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;

/// So many rows a statement, so that none holds locks for long.
constexpr int kAtOnce = 1000;

constexpr std::string_view kUsage = "api_usage";

std::int64_t hourOf(Timestamp time) {
    return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

/// What is wrong with a row of a table at a moment, and what is to be made of it.
class Mending {
public:
    Mending(Dialect dialect, Timestamp now, const AheadLimits& limits)
        : _dialect(dialect), _now(now), _limits(limits), _time(std::to_string(toMillis(now))) {}

    std::string condition(const std::string& table) const {
        const std::string ahead = aheadSql(table, table, _now, _limits);
        return table == "demand" ? "(" + ahead + " OR weight > " + weightSql(_dialect, table, _now) + ")"
                                 : ahead;
    }

    /// MySQL assigns from left to right, and what is assigned is seen at once: what other columns decide
    /// comes first.
    std::string statement(const std::string& table) const {
        if (table == "rt_cache") {
            return update(table, "imdb_id",
                          "expires_at = " + past() + ", " + notAfterNow("suspect_at") + ", " +
                              notAfterNow("cached_at"));
        }
        if (table == "rt_id") {
            return update(table, "imdb_id", "expires_at = " + past() + ", " + notAfterNow("checked_at"));
        }
        if (table == "rt_failure") {
            return update(table, "imdb_id", "retry_at = " + _time + ", " + notAfterNow("failed_at"));
        }
        if (table == "rt_scrape") {
            return update(table, "id", notAfterNow("scraped_at"));
        }
        if (table == "demand") {
            return update(table, "imdb_id",
                          "weight = " + weightSql(_dialect, table, _now) + ", " + notAfterNow("first_at") +
                              ", " + notAfterNow("last_at") + ", " + notAfterNow("wanted_at"));
        }
        if (table == "upstream_state") {
            return update(table, "upstream",
                          "shut_until = CASE WHEN " + isAhead(SharedTime::shutAt, "shut_at") + " OR " +
                              isAhead(SharedTime::shutUntil, "shut_until") + " THEN 0 ELSE shut_until END, " +
                              notAfterNow("shut_at") +
                              ", probe_until = " + noneIfAhead(SharedTime::probeUntil, "probe_until") + ", " +
                              notAfterNow("suspended_at") + ", cleared_at = " +
                              noneIfAhead(SharedTime::clearedAt, "cleared_at") + ", version = version + 1");
        }
        return "DELETE FROM " + table + " WHERE " + condition(table);
    }

private:
    /// SQLite is built without UPDATE ... LIMIT; MySQL has no LIMIT in such a subquery but in one more.
    std::string update(const std::string& table, const std::string& key,
                       const std::string& assignments) const {
        return "UPDATE " + table + " SET " + assignments + " WHERE " + key + " IN (SELECT " + key +
               " FROM (SELECT " + key + " FROM " + table + " WHERE " + condition(table) + " LIMIT " +
               std::to_string(kAtOnce) + ") AS some)";
    }
    std::string notAfterNow(const std::string& column) const {
        return column + (_dialect == Dialect::sqlite ? " = MIN(" : " = LEAST(") + column + ", " + _time + ")";
    }
    std::string isAhead(SharedTime which, const std::string& column) const {
        return column + " > " + std::to_string(toMillis(latestBelieved(which, _now, _limits)));
    }
    std::string noneIfAhead(SharedTime which, const std::string& column) const {
        return "CASE WHEN " + isAhead(which, column) + " THEN 0 ELSE " + column + " END";
    }
    /// As distrust() has it.
    std::string past() const { return std::to_string(toMillis(_now - kClockTolerance)); }

    const Dialect _dialect;
    const Timestamp _now;
    const AheadLimits& _limits;
    const std::string _time;
};

std::vector<std::string> heldTables() {
    std::vector<std::string> tables;
    for (const SharedColumn& column : sharedColumns()) {
        if (tables.empty() || tables.back() != column.table) {
            tables.emplace_back(column.table);
        }
    }
    return tables;
}

}  // namespace

std::vector<AheadRows> AheadTable::count() {
    std::vector<AheadRows> found;
    const Mending mending(_store.impl().url().dialect, _store.impl().askTime(), _store.impl().aheadLimits());
    for (const std::string& table : heldTables()) {
        const auto rows = _store.impl().call([&](Connection& c) {
            std::int64_t count = 0;
            Statement statement(c.session());
            statement << "SELECT COUNT(*) FROM " + table + " WHERE " + mending.condition(table);
            statement.addExtract(into(count));
            statement.execute();
            return count;
        });
        if (rows > 0) {
            found.push_back({table, rows});
        }
    }
    return found;
}

std::vector<AheadRows> AheadTable::mend() {
    std::vector<AheadRows> mended;
    const Mending mending(_store.impl().url().dialect, _store.impl().askTime(), _store.impl().aheadLimits());
    for (const std::string& table : heldTables()) {
        std::int64_t rows = 0;
        if (table == kUsage) {
            rows = mendUsage();
        } else {
            for (std::size_t some = 1; some > 0; rows += static_cast<std::int64_t>(some)) {
                some = _store.impl().call([&](Connection& c) {
                    Statement statement(c.session());
                    statement << mending.statement(table);
                    return statement.execute();
                });
            }
        }
        if (rows > 0) {
            mended.push_back({table, rows});
        }
    }
    return mended;
}

std::int64_t AheadTable::mendUsage() {
    const Timestamp now = _store.impl().askTime();
    const std::string where = " FROM api_usage WHERE " + aheadSql(kUsage, std::string(kUsage), now);
    std::vector<std::int64_t> keys;
    std::vector<std::int64_t> requests;
    _store.impl().call([&](Connection& c) {
        keys.clear();
        requests.clear();
        Statement statement(c.session());
        statement << "SELECT key_id, requests" + where;
        statement.addExtract(into(keys));
        statement.addExtract(into(requests));
        return statement.execute();
    });
    if (keys.empty()) {
        return 0;
    }
    std::map<std::int64_t, KeyUsage> sums;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        sums.try_emplace(keys[i], KeyUsage{keys[i], hourOf(now) - 1, 0}).first->second.requests +=
            requests[i];
    }
    _store.impl().call([&](Connection& c) {
        Statement statement(c.session());
        statement << "DELETE" + where;
        return statement.execute();
    });
    std::vector<KeyUsage> usages;
    for (const auto& [key, usage] : sums) {
        usages.push_back(usage);
        if (usages.size() == UsageTable::kMostInAStatement) {
            UsageTable(_store).add(usages);
            usages.clear();
        }
    }
    UsageTable(_store).add(usages);
    return static_cast<std::int64_t>(keys.size());
}

}  // namespace rtbatch
