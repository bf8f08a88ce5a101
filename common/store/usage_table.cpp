#include "common/store/usage_table.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <optional>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// What was counted; nothing: there is no row.
std::optional<std::int64_t> countOf(Connection& connection, KeyUsage usage) {
    std::vector<std::int64_t> counts;
    Statement statement(connection.session());
    statement << "SELECT requests FROM api_usage WHERE key_id = ? AND hour = ?";
    statement.addBind(use(usage.keyId));
    statement.addBind(use(usage.hour));
    statement.addExtract(into(counts));
    statement.execute();
    return counts.empty() ? std::nullopt : std::optional(counts.front());
}

/// Makes the row. It changes nothing where another process has made it and no more fits in.
std::string insertWithin(Dialect dialect) {
    const std::string insert = "INSERT INTO api_usage (key_id, hour, requests) VALUES (?, ?, ?)";
    return dialect == Dialect::sqlite
               ? insert + whenThere(dialect, "key_id, hour") +
                     "requests = api_usage.requests + excluded.requests "
                     "WHERE api_usage.requests + excluded.requests <= ?"
               : insert + whenThere(dialect, "") +
                     "requests = IF(requests + VALUES(requests) <= ?, requests + VALUES(requests), requests)";
}

}  // namespace

std::vector<KeyUsage> UsageTable::read(std::span<const std::int64_t> keyIds, std::int64_t hour) {
    if (keyIds.empty()) {
        return {};
    }
    return _store.impl().call([&](Connection& c) {
        std::vector<std::int64_t> wanted(keyIds.begin(), keyIds.end());
        std::int64_t when = hour;
        std::vector<std::int64_t> ids;
        std::vector<std::int64_t> requests;
        Statement statement(c.session());
        statement << "SELECT key_id, requests FROM api_usage WHERE hour = ? AND key_id IN (" +
                         repeated("?", wanted.size()) + ")";
        statement.addBind(use(when));
        for (auto& id : wanted) {
            statement.addBind(use(id));
        }
        statement.addExtract(into(ids));
        statement.addExtract(into(requests));
        statement.execute();
        std::vector<KeyUsage> usages;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            usages.push_back({ids[i], hour, requests[i]});
        }
        return usages;
    });
}

bool UsageTable::reserve(const KeyUsage& usage, std::int64_t limit) {
    if (usage.requests > limit) {
        return false;
    }
    return _store.impl().call([&](Connection& c) {
        KeyUsage more = usage;
        std::int64_t most = limit;
        Statement statement(c.session());
        if (countOf(c, usage)) {
            // Not as the other: a row that is there is locked alone, without the gap before it.
            statement << "UPDATE api_usage SET requests = requests + ? WHERE key_id = ? AND hour = ? AND "
                         "requests + ? <= ?";
            statement.addBind(use(more.requests));
            statement.addBind(use(more.keyId));
            statement.addBind(use(more.hour));
            statement.addBind(use(more.requests));
        } else {
            statement << insertWithin(_store.impl().url().dialect);
            statement.addBind(use(more.keyId));
            statement.addBind(use(more.hour));
            statement.addBind(use(more.requests));
        }
        statement.addBind(use(most));
        return statement.execute() > 0;
    });
}

void UsageTable::giveBack(const KeyUsage& usage) {
    bool sent = false;
    try {
        _store.impl().call([&](Connection& c) {
            KeyUsage less = usage;
            // By this a connection shows that it lives: one that died while it was kept is no reason to lose
            // anything.
            if (sent || !countOf(c, usage)) {
                return true;
            }
            Statement statement(c.session());
            statement << "UPDATE api_usage SET requests = requests - ? WHERE key_id = ? AND hour = ? AND "
                         "requests >= ?";
            statement.addBind(use(less.requests));
            statement.addBind(use(less.keyId));
            statement.addBind(use(less.hour));
            statement.addBind(use(less.requests));
            sent = true;
            try {
                statement.execute();
            } catch (const std::exception& e) {
                sent = !c.explain(e).conflict;  // the other won, so this was not done
                throw;
            }
            return true;
        });
    } catch (const StoreError&) {
        if (!sent) {
            throw;
        }
    }
}

void UsageTable::add(std::span<const KeyUsage> usages) {
    if (usages.empty()) {
        return;
    }
    std::vector<KeyUsage> rows(usages.begin(), usages.end());
    // In one order for all writers, so that two of them do not lock each other's rows crosswise.
    std::ranges::sort(rows, [](const KeyUsage& a, const KeyUsage& b) {
        return std::pair(a.keyId, a.hour) < std::pair(b.keyId, b.hour);
    });
    _store.impl().call([&](Connection& c) {
        const Dialect dialect = _store.impl().url().dialect;
        Statement statement(c.session());
        statement << "INSERT INTO api_usage (key_id, hour, requests) VALUES " +
                         repeated("(?, ?, ?)", rows.size()) + whenThere(dialect, "key_id, hour") +
                         "requests = api_usage.requests + " + brought(dialect, "requests");
        for (KeyUsage& row : rows) {
            statement.addBind(use(row.keyId));
            statement.addBind(use(row.hour));
            statement.addBind(use(row.requests));
        }
        return statement.execute();
    });
}

}  // namespace rtbatch
