#include "common/store/purge.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

struct Table {
    const char* name;
    std::size_t MovieRows::*counter;
};

/// `demand` comes last: by it a movie is found again whose deletion was cut short.
constexpr std::array<Table, 5> kTables{{{"rt_cache", &MovieRows::cached},
                                        {"rt_failure", &MovieRows::failures},
                                        {"rt_scrape", &MovieRows::pages},
                                        {"rt_id", &MovieRows::rtIds},
                                        {"demand", &MovieRows::demand}}};

/// Ids of one of the three kinds of unused movies.
void appendUnused(Connection& c, const std::string& sql, std::int64_t before, std::string after,
                  std::size_t times, std::vector<std::string>& ids) {
    std::vector<std::string> found;
    Statement statement(c.session());
    statement << sql + " LIMIT " + std::to_string(Purge::kAtOnce);
    statement.addBind(use(after));
    for (std::size_t i = 0; i < times; ++i) {
        statement.addBind(use(before));
    }
    statement.addExtract(into(found));
    statement.execute();
    ids.insert(ids.end(), found.begin(), found.end());
}

/// Runs "`what` FROM a table WHERE it is about `ids`" for each table.
template <typename Run>
MovieRows onEachTable(Store& store, const std::string& what, std::span<const ImdbId> ids, bool rtIds,
                      Run run) {
    MovieRows rows;
    if (ids.empty()) {
        return rows;
    }
    std::vector<std::string> keys;
    std::ranges::transform(ids, std::back_inserter(keys), &ImdbId::string);
    for (const Table& table : kTables) {
        if (table.counter == &MovieRows::rtIds && !rtIds) {
            continue;
        }
        rows.*table.counter = store.impl().call([&](Connection& c) {
            Statement statement(c.session());
            statement << what + " FROM " + table.name + " WHERE imdb_id IN (" + repeated("?", keys.size()) +
                             ")";
            for (auto& key : keys) {
                statement.addBind(use(key));
            }
            return run(statement);
        });
    }
    return rows;
}

}  // namespace

MovieRows& MovieRows::operator+=(const MovieRows& other) {
    for (const Table& table : kTables) {
        this->*table.counter += other.*table.counter;
    }
    return *this;
}

std::vector<ImdbId> Purge::unused(Timestamp before, const ImdbId* after) {
    return _store.impl().call([&](Connection& c) {
        const std::string from = after == nullptr ? "" : after->string();
        const std::int64_t time = toMillis(before);
        std::vector<std::string> found;
        appendUnused(
            c,
            "SELECT d.imdb_id FROM demand d LEFT JOIN rt_cache c ON c.imdb_id = d.imdb_id "
            "WHERE d.imdb_id > ? AND d.last_at < ? AND (d.last_at > 0 OR COALESCE(c.cached_at, 0) < ?) "
            "AND (d.wanted_place IS NULL OR d.wanted_at < ?) ORDER BY d.imdb_id",
            time, from, 3, found);
        appendUnused(c,
                     "SELECT c.imdb_id FROM rt_cache c LEFT JOIN demand d ON d.imdb_id = c.imdb_id "
                     "WHERE c.imdb_id > ? AND c.cached_at < ? AND d.imdb_id IS NULL ORDER BY c.imdb_id",
                     time, from, 1, found);
        appendUnused(c,
                     "SELECT f.imdb_id FROM rt_failure f LEFT JOIN demand d ON d.imdb_id = f.imdb_id "
                     "LEFT JOIN rt_cache c ON c.imdb_id = f.imdb_id WHERE f.imdb_id > ? AND f.failed_at < ? "
                     "AND d.imdb_id IS NULL AND c.imdb_id IS NULL ORDER BY f.imdb_id",
                     time, from, 1, found);
        // The first of all kinds together, so that the last of them is where the next call goes on.
        std::ranges::sort(found);
        std::vector<ImdbId> ids;
        for (const std::string& text : found) {
            const auto id = ImdbId::parse(text);
            if (id && ids.size() < kAtOnce) {
                ids.push_back(*id);
            }
        }
        return ids;
    });
}

MovieRows Purge::count(std::span<const ImdbId> ids, bool rtIds) {
    return onEachTable(_store, "SELECT COUNT(*)", ids, rtIds, [](Statement& statement) {
        std::int64_t count = 0;
        statement.addExtract(into(count));
        statement.execute();
        return static_cast<std::size_t>(count);
    });
}

MovieRows Purge::remove(std::span<const ImdbId> ids, bool rtIds) {
    return onEachTable(_store, "DELETE", ids, rtIds,
                       [](Statement& statement) { return statement.execute(); });
}

}  // namespace rtbatch
