#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/rt_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// The database could not be reached, or did not do what it was asked in time. It may be back a moment later;
/// the store reconnects by itself.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A row of `rt_cache`.
struct CachedMovie {
    ImdbId imdbId;
    std::string rtId;   ///< as stored; parse before asking for it
    std::string facts;  ///< renderFacts(), copied to the wire as it is
    Timestamp cachedAt;
    Timestamp expiresAt;

    bool staleAt(Timestamp t) const { return expiresAt <= t; }
};

/// A row of `rt_id`: what Wikidata said of a movie, remembered.
struct KnownRtId {
    ImdbId imdbId;
    std::optional<RtId> rtId;  ///< absent: Wikidata knows none
    Timestamp checkedAt;
    Timestamp expiresAt;
};

/// Where and how to reach the database.
struct StoreOptions {
    /// `sqlite:PATH`, `mysql://user:password@host:port/db` or `mysql://user@/db?socket=/path`; user and
    /// password percent-encoded where they need it.
    std::string url;
    /// At most so many connections of this process; shared hosts allow few.
    int maxConnections = 6;
    /// How long a call may take, waiting for a connection included, in milliseconds.
    std::chrono::milliseconds timeout{5000};
};

/// The tables of design, on SQLite or MySQL/MariaDB. Safe to use from any thread; every call throws
/// StoreError.
class Store {
public:
    /// Opens no connection yet. Throws std::invalid_argument, which says what to write, for a URL of another
    /// form.
    explicit Store(const StoreOptions& options);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// The rows that there are among `ids` (1-50), fresh or stale, in no particular order: one SELECT.
    std::vector<CachedMovie> findMovies(std::span<const ImdbId> ids);

    /// Writes one row, or replaces it.
    void saveMovie(const CachedMovie& movie);

    /// What is remembered of `ids` and has not expired: one SELECT.
    std::vector<KnownRtId> findRtIds(std::span<const ImdbId> ids);

    /// Remembers Wikidata's answers, in one statement.
    void saveRtIds(std::span<const KnownRtId> answers);

    /// Throws unless the database answers and its migrations are those of this program.
    void check();

private:
    class Impl;
    std::unique_ptr<Impl> _impl;
};

}  // namespace rtbatch
