#include "common/store/sweep.h"

#include <Poco/Data/Statement.h>

#include <cstdint>
#include <string>

#include "common/store/store_impl.h"

namespace rtbatch {

std::size_t Sweep::absences(Timestamp before) {
    return run("rt_id", "imdb_id", "rt_id IS NULL AND expires_at < ? ORDER BY expires_at", toMillis(before));
}

std::size_t Sweep::usage(Timestamp before) {
    const auto hour = std::chrono::floor<std::chrono::hours>(before).time_since_epoch().count();
    return run("api_usage", "key_id, hour", "hour < ? ORDER BY hour", hour);
}

std::size_t Sweep::leases(std::chrono::milliseconds endedFor) {
    return run("lease", "name", "expires_at <= " + _store.impl().clockSql() + " - ?", endedFor.count());
}

/// SQLite is built without DELETE ... LIMIT.
std::size_t Sweep::run(const std::string& table, const std::string& key, const std::string& condition,
                       std::int64_t bound) {
    return _store.impl().call([&](Connection& c) {
        std::int64_t limit = bound;
        const bool mysql = _store.impl().url().dialect == Dialect::mysql;
        const std::string which = condition + " LIMIT " + std::to_string(kAtOnce);
        Poco::Data::Statement statement(c.session());
        statement << "DELETE FROM " + table + " WHERE " +
                         (mysql ? which
                                : "(" + key + ") IN (SELECT " + key + " FROM " + table + " WHERE " + which +
                                      ")");
        statement.addBind(Poco::Data::Keywords::use(limit));
        return statement.execute();
    });
}

}  // namespace rtbatch
