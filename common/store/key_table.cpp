#include "common/store/key_table.h"

#include <Poco/Data/Statement.h>

#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

constexpr const char* kColumns =
    "SELECT k.id, k.key_hash, k.name, k.is_admin, k.hourly_limit, k.created_at, k.revoked_at, ";
constexpr const char* kNotCounted = "0 FROM api_key k ";
constexpr const char* kCounted =
    "CAST(COALESCE((SELECT SUM(u.requests) FROM api_usage u WHERE u.key_id = k.id), 0) AS SIGNED) FROM "
    "api_key k ";

/// Runs a SELECT of kColumns and one of the two that follow it, to which `bind` gives its values.
template <typename Bind>
std::vector<KeyRow> select(Connection& connection, const std::string& sql, Bind bind) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> digests;
    std::vector<std::string> names;
    std::vector<std::int64_t> admins;
    std::vector<std::int64_t> limits;
    std::vector<std::int64_t> createdAt;
    std::vector<std::int64_t> revokedAt;
    std::vector<std::int64_t> requests;
    Statement statement(connection.session());
    statement << kColumns + sql;
    bind(statement);
    statement.addExtract(into(ids));
    statement.addExtract(into(digests));
    statement.addExtract(into(names));
    statement.addExtract(into(admins));
    statement.addExtract(into(limits));
    statement.addExtract(into(createdAt));
    statement.addExtract(into(revokedAt));
    statement.addExtract(into(requests));
    statement.execute();
    std::vector<KeyRow> rows;
    rows.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        KeyRow row;
        row.id = ids[i];
        row.digest = digests[i];
        row.name = names[i];
        row.admin = admins[i] != 0;
        row.hourlyLimit = limits[i] > 0 ? std::optional(limits[i]) : std::nullopt;
        row.createdAt = fromMillis(createdAt[i]);
        row.revokedAt = revokedAt[i] > 0 ? std::optional(fromMillis(revokedAt[i])) : std::nullopt;
        row.requests = requests[i];
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<KeyRow> selectAll(Connection& connection, const std::string& sql) {
    return select(connection, sql, [](Statement&) {});
}

template <typename Value>
std::optional<KeyRow> selectOne(Connection& connection, const std::string& sql, Value value) {
    auto rows = select(connection, sql, [&](Statement& statement) { statement.addBind(use(value)); });
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

std::optional<KeyRow> selectActive(Connection& connection, const std::string& digest) {
    return selectOne(connection, std::string(kNotCounted) + "WHERE k.key_hash = ? AND k.revoked_at = 0",
                     digest);
}

}  // namespace

KeyRow KeyTable::create(const NewKey& key, const std::string& digest, Timestamp createdAt) {
    return _store.impl().call([&](Connection& c) {
        // It is there when this is the second try, and the answer to the first was lost.
        auto row = selectActive(c, digest);
        if (!row) {
            std::string hash = digest;
            std::string name = key.name;
            int admin = key.admin ? 1 : 0;
            std::int64_t limit = key.hourlyLimit.value_or(0);
            std::int64_t time = toMillis(createdAt);
            Statement statement(c.session());
            statement << "INSERT INTO api_key (key_hash, name, is_admin, hourly_limit, created_at) VALUES "
                         "(?, ?, ?, ?, ?)";
            statement.addBind(use(hash));
            statement.addBind(use(name));
            statement.addBind(use(admin));
            statement.addBind(use(limit));
            statement.addBind(use(time));
            statement.execute();
            row = selectActive(c, digest);
        }
        if (!row) {
            throw StoreError("the key that was made is not there");
        }
        return *row;
    });
}

std::vector<KeyRow> KeyTable::list() {
    return _store.impl().call(
        [&](Connection& c) { return selectAll(c, std::string(kCounted) + "ORDER BY k.id"); });
}

std::optional<KeyRow> KeyTable::find(std::int64_t id) {
    return _store.impl().call(
        [&](Connection& c) { return selectOne(c, std::string(kCounted) + "WHERE k.id = ?", id); });
}

bool KeyTable::revoke(std::int64_t id, Timestamp time) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t which = id;
        std::int64_t when = toMillis(time);
        Statement statement(c.session());
        statement << "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at = 0";
        statement.addBind(use(when));
        statement.addBind(use(which));
        return statement.execute() > 0 ||
               selectOne(c, std::string(kNotCounted) + "WHERE k.id = ?", id).has_value();
    });
}

bool KeyTable::rotate(std::int64_t id, const std::string& digest) {
    return _store.impl().call([&](Connection& c) {
        std::string hash = digest;
        std::int64_t which = id;
        Statement statement(c.session());
        statement << "UPDATE api_key SET key_hash = ? WHERE id = ? AND revoked_at = 0";
        statement.addBind(use(hash));
        statement.addBind(use(which));
        if (statement.execute() > 0) {
            return true;
        }
        // MySQL does not count a row that keeps its values, as at the second try.
        const auto row = selectActive(c, digest);
        return row && row->id == id;
    });
}

std::vector<KeyRow> KeyTable::active() {
    return _store.impl().call(
        [&](Connection& c) { return selectAll(c, std::string(kNotCounted) + "WHERE k.revoked_at = 0"); });
}

std::optional<KeyRow> KeyTable::findActive(const std::string& digest) {
    return _store.impl().call([&](Connection& c) { return selectActive(c, digest); });
}

}  // namespace rtbatch
