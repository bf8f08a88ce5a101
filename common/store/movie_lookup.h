#pragma once

#include <Poco/Data/Session.h>

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/store/cached_movie.h"
#include "common/store/database_url.h"

struct sqlite3_stmt;

namespace rtbatch {

/// The one SELECT of a batch, on a session of Poco's, but by the client libraries themselves: through Poco it
/// took 1.6 times as long (bench/run store), for it binds each id as an object and builds five columns of
/// them. For one thread at a time; throws what Poco throws.
class MovieLookup {
public:
    /// The session must outlive it.
    MovieLookup(Poco::Data::Session& session, Dialect dialect);
    ~MovieLookup();
    MovieLookup(const MovieLookup&) = delete;
    MovieLookup& operator=(const MovieLookup&) = delete;

    /// The rows that there are among `ids`, which must not be empty, in no particular order.
    std::vector<CachedMovie> find(std::span<const ImdbId> ids);

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    using SqliteStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

    std::vector<CachedMovie> findInSqlite(std::span<const ImdbId> ids);
    std::vector<CachedMovie> findInMysql(std::span<const ImdbId> ids);

    Poco::Data::Session& _session;
    const Dialect _dialect;
    std::map<std::size_t, SqliteStatement> _statements;  // by the number of ids
};

}  // namespace rtbatch
