#include "common/store/health_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <map>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;

struct Table {
    std::string_view name;
    std::string_view key;
    bool readOnly = false;  ///< only rtbatch-admin migrate writes it
};

constexpr std::array kTables{Table{"rt_cache", "imdb_id"},
                             Table{"rt_id", "imdb_id"},
                             Table{"lease", "name"},
                             Table{"upstream_state", "upstream"},
                             Table{"rt_failure", "imdb_id"},
                             Table{"demand", "imdb_id"},
                             Table{"served", "since"},
                             Table{"rt_scrape", "imdb_id"},
                             Table{"refresh_run", "started_at"},
                             Table{"id_sync", "source"},
                             Table{"api_key", "id"},
                             Table{"api_usage", "key_id"},
                             Table{"schema_migration", "version", true}};

/// Columns that are ASCII by design: names and ids, of which long ones are keys.
constexpr std::string_view kAsciiColumns = "'imdb_id', 'name', 'owner', 'upstream', 'source', 'key_hash'";

std::string ourTables() {
    std::string list;
    for (const Table& table : kTables) {
        list += (list.empty() ? "'" : ", '") + std::string(table.name) + "'";
    }
    return list;
}

std::vector<std::string> column(Poco::Data::Session& session, const std::string& select) {
    std::vector<std::string> values;
    Statement statement(session);
    statement << select;
    statement.addExtract(into(values));
    statement.execute();
    return values;
}

/// Statements that need one privilege each and touch no row. INSERT IGNORE, for the columns without a default
/// that it leaves out.
std::map<std::string, std::string> trialsOf(const Table& table) {
    const std::string name(table.name);
    const std::string key(table.key);
    std::map<std::string, std::string> trials{{"SELECT", "SELECT " + key + " FROM " + name + " WHERE 1 = 0"}};
    if (!table.readOnly) {
        trials["INSERT"] = "INSERT IGNORE INTO " + name + " (" + key + ") SELECT '0' FROM DUAL WHERE 1 = 0";
        trials["UPDATE"] = "UPDATE " + name + " SET " + key + " = '0' WHERE 1 = 0";
        trials["DELETE"] = "DELETE FROM " + name + " WHERE 1 = 0";
    }
    return trials;
}

}  // namespace

std::vector<std::string_view> HealthTable::tables() {
    std::vector<std::string_view> names;
    names.reserve(kTables.size());
    for (const Table& table : kTables) {
        names.push_back(table.name);
    }
    return names;
}

std::string HealthTable::text(const std::string& select) {
    return _store.impl().call([&](Connection& c) {
        const auto values = column(c.session(), select);
        return values.empty() ? std::string() : values.front();
    });
}

std::int64_t HealthTable::number(const std::string& select) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t value = 0;
        Statement statement(c.session());
        statement << select;
        statement.addExtract(into(value));
        statement.execute();
        return value;
    });
}

std::string HealthTable::server() {
    if (_store.impl().url().dialect == Dialect::sqlite) {
        return "SQLite " + text("SELECT sqlite_version()");
    }
    const std::string version = text("SELECT CAST(VERSION() AS CHAR(100))");
    return (version.find("MariaDB") != std::string::npos ? "MariaDB " : "MySQL ") + version;
}

Timestamp HealthTable::time() {
    return fromMillis(number("SELECT " + _store.impl().clockSql()));
}

std::vector<std::string> HealthTable::wrongCharacterSets() {
    if (_store.impl().url().dialect == Dialect::sqlite) {
        const std::string encoding = text("PRAGMA encoding");
        return encoding == "UTF-8" ? std::vector<std::string>{}
                                   : std::vector<std::string>{"the file has " + encoding};
    }
    return _store.impl().call([](Connection& c) {
        std::vector<std::string> wrong =
            column(c.session(),
                   "SELECT CONCAT('the connection has ', @@character_set_connection) FROM DUAL WHERE "
                   "@@character_set_connection <> 'utf8mb4'");
        // Of the server's long texts (LONGTEXT) Poco can read none, so each is made a short one.
        const std::array<std::string, 3> selects{
            "SELECT CAST(CONCAT('the database has ', default_character_set_name) AS CHAR(200)) FROM "
            "information_schema.schemata WHERE schema_name = DATABASE() AND default_character_set_name <> "
            "'utf8mb4'",
            "SELECT CAST(CONCAT('the table ', table_name, ' has ', table_collation) AS CHAR(200)) FROM "
            "information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (" +
                ourTables() + ") AND table_collation NOT LIKE 'utf8mb4%' ORDER BY table_name",
            "SELECT CAST(CONCAT('the column ', table_name, '.', column_name, ' has ', character_set_name) AS "
            "CHAR(200)) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN (" +
                ourTables() +
                ") AND character_set_name IS NOT NULL AND character_set_name <> 'utf8mb4' AND NOT "
                "(character_set_name = 'ascii' AND column_name IN (" +
                std::string(kAsciiColumns) + ")) ORDER BY table_name, column_name"};
        for (const auto& select : selects) {
            std::ranges::copy(column(c.session(), select), std::back_inserter(wrong));
        }
        return wrong;
    });
}

std::vector<Refusal> HealthTable::refusals() {
    std::vector<Refusal> refusals;
    if (_store.impl().url().dialect == Dialect::sqlite) {
        _store.impl().call([&](Connection& c) {
            refusals.clear();
            try {
                c.session() << "BEGIN IMMEDIATE", Poco::Data::Keywords::now;
                // BEGIN alone is content with a file that can only be read.
                c.session() << "DELETE FROM schema_migration WHERE 1 = 0", Poco::Data::Keywords::now;
                c.session() << "ROLLBACK", Poco::Data::Keywords::now;
            } catch (const std::exception& error) {
                refusals.push_back({"", "write", c.explain(error).message});
            }
            return true;
        });
        return refusals;
    }
    for (const Table& table : kTables) {
        for (const auto& [verb, sql] : trialsOf(table)) {
            _store.impl().call([&, &verb = verb, &sql = sql](Connection& c) {
                try {
                    if (verb == "SELECT") {
                        column(c.session(), sql);
                    } else {
                        c.session() << sql, Poco::Data::Keywords::now;
                    }
                } catch (const std::exception& error) {
                    const StoreFault fault = c.explain(error);
                    if (fault.gone || fault.conflict) {
                        throw;
                    }
                    if (!fault.unmigrated && (!fault.unwritable || fault.denied)) {
                        refusals.push_back({std::string(table.name), verb, fault.message});
                    }
                }
                return true;
            });
        }
    }
    return refusals;
}

std::string HealthTable::missingForMigrations() {
    if (_store.impl().url().dialect == Dialect::sqlite) {
        return "";
    }
    return _store.impl().call([](Connection& c) {
        // Both show only what the user who asks was granted.
        const auto granted = column(
            c.session(),
            "SELECT CAST(privilege_type AS CHAR(60)) FROM information_schema.user_privileges UNION SELECT "
            "CAST(privilege_type AS CHAR(60)) FROM information_schema.schema_privileges WHERE DATABASE() "
            "LIKE table_schema");
        std::string missing;
        for (const auto* wanted : {"CREATE", "ALTER", "INDEX"}) {
            if (std::ranges::find(granted, wanted) == granted.end()) {
                missing += (missing.empty() ? "" : ", ") + std::string(wanted);
            }
        }
        return missing;
    });
}

std::string HealthTable::journalMode() {
    return text("PRAGMA journal_mode");
}

std::optional<Timestamp> HealthTable::lastRun() {
    const auto latest = latestBelieved(SharedTime::runStartedAt, _store.time());
    const auto time = number("SELECT COALESCE(MAX(started_at), 0) FROM refresh_run WHERE started_at <= " +
                             std::to_string(toMillis(latest)));
    return time == 0 ? std::nullopt : std::optional(fromMillis(time));
}

std::optional<Timestamp> HealthTable::pagesSuspendedSince() {
    const auto time = number("SELECT COALESCE(MAX(suspended_at), 0) FROM upstream_state");
    return time == 0 ? std::nullopt : std::optional(fromMillis(time));
}

void HealthTable::rememberAbsent(const ImdbId& id) {
    const std::string& clock = _store.impl().clockSql();
    constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;
    const std::string sql = "REPLACE INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES ('" +
                            id.string() + "', NULL, " + clock + ", " + clock + " + " +
                            std::to_string(kDayMs) + ")";
    _store.impl().call([&](Connection& c) {
        c.session() << sql, Poco::Data::Keywords::now;
        return true;
    });
}

void HealthTable::forget(const ImdbId& id) {
    _store.impl().call([&](Connection& c) {
        const std::string which = " WHERE imdb_id = '" + id.string() + "'";
        for (const auto* table : {"rt_id", "rt_failure"}) {
            // Most of the time there is none, and then it takes no privilege to delete it.
            const std::string from = " FROM " + std::string(table) + which;
            if (!column(c.session(), "SELECT imdb_id" + from).empty()) {
                c.session() << "DELETE" + from, Poco::Data::Keywords::now;
            }
        }
        return true;
    });
}

}  // namespace rtbatch
