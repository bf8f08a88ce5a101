#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/model/deadline.h"
#include "common/model/facts.h"
#include "common/model/imdb_id.h"
#include "common/model/rt_id.h"
#include "common/model/timestamp.h"
#include "common/store/ahead.h"
#include "common/store/cached_movie.h"
#include "common/store/coordination.h"

namespace rtbatch {

/// The database could not be reached, or did not do what it was asked in time. It may be back a moment later;
/// the store reconnects by itself.
class StoreError : public std::runtime_error {
public:
    enum class Kind {
        fault,
        conflict,    ///< another process's statement won (a deadlock, Galera's certification): "not now"
        noAnswer,    ///< nothing came in time, or the database is known to hang
        unwritable,  ///< it answers, and writes nothing: read-only, its disk full, a quota used up
        crowded,     ///< it allows no more connections, and ours were in use all the time
        unmigrated,  ///< its tables are not those of this program's version
    };

    explicit StoreError(const std::string& what, Kind kind = Kind::fault)
        : std::runtime_error(what), _kind(kind) {}

    Kind kind() const { return _kind; }
    bool conflict() const { return _kind == Kind::conflict; }

private:
    Kind _kind;
};

/// The database is at another version than this program.
class SchemaError : public StoreError {
public:
    /// `database`: as messages call it. The versions are numbers of migrations.
    SchemaError(const std::string& database, int there, int ours);

    /// What is wrong and what to do, without saying where the database is: for whoever asks.
    const std::string& publicWords() const { return _publicWords; }

private:
    std::string _publicWords;
};

/// A row of `rt_cache` with what its lifetime comes from, which a hit does not need.
struct StoredMovie : CachedMovie {
    int unchanged = 0;  ///< scrapes in a row, up to the last, that found the scores of the one before
    std::optional<Timestamp> suspectAt = std::nullopt;  ///< since when its page lacks a fact that it has
    std::optional<std::chrono::sys_days> released = std::nullopt;
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
    /// At most so many connections of this process; shared hosts allow few. Where the server allows fewer
    /// still, calls share those that there are.
    int maxConnections = 2;
    /// How long a call may take, waiting for a connection included, in milliseconds.
    std::chrono::milliseconds timeout{5000};
    /// An SQL expression for the time in milliseconds, by which all that is shared goes; empty: the
    /// database's clock. Tests have their own.
    std::string leaseClock{};
    /// How far ahead of that clock what is read may lie.
    AheadLimits aheadLimits{};
    /// Bytes for rows that were read or stored less than `memoryAge` ago, for findRecent(); 0: none.
    std::size_t memoryBytes = 0;
    std::chrono::milliseconds memoryAge{30000};
};

/// Calls of this thread may take no longer than this, however long others may, while this lives: for answers
/// that are worth nothing late.
class StorePatience {
public:
    explicit StorePatience(std::chrono::milliseconds patience);
    ~StorePatience();
    StorePatience(const StorePatience&) = delete;
    StorePatience& operator=(const StorePatience&) = delete;

    /// Of this thread; nothing: as the options say.
    static std::optional<Deadline> current();

private:
    const std::optional<Deadline> _before;
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

    /// The time by which all that is shared goes: the database's clock, as far as this process knows it
    /// without asking (shared_clock.h); this host's until the database has answered once. What is written to
    /// or compared with the tables takes this and not now(). Never throws.
    Timestamp time() const;

    // What is read of times that lie too far ahead of that clock: see ahead.h.

    /// The rows that there are among `ids` (1-50), fresh or stale, in no particular order: one SELECT.
    std::vector<CachedMovie> findMovies(std::span<const ImdbId> ids);

    /// The row of each of `ids` (1-50), at its place; null where there is none, or one that somebody has
    /// edited (isSound()). From memory, as far as options.memoryAge allows, and the rest with one SELECT.
    std::vector<MovieRow> findRecent(std::span<const ImdbId> ids);

    /// One row with all that it has.
    std::optional<StoredMovie> findStored(const ImdbId& id);

    /// Writes one row, or replaces it.
    void saveMovie(const StoredMovie& movie);
    void saveMovie(const CachedMovie& movie) { saveMovie(StoredMovie{movie}); }

    /// What is remembered of `ids` and has not expired: one SELECT.
    std::vector<KnownRtId> findRtIds(std::span<const ImdbId> ids);

    /// The movies that are remembered to have this page, and whose memory has not expired.
    std::vector<ImdbId> findMoviesOf(const RtId& rtId);

    /// Remembers Wikidata's answers, in one statement.
    void saveRtIds(std::span<const KnownRtId> answers);

    /// What tells this database from the others of a host, whatever URL it is reached by: the millisecond of
    /// its birth.
    std::string deployment();

    // What processes agree on. Terms are counted by the database's clock.

    /// Takes a lease that is free or has ended. `owner` must be another one each time.
    bool acquireLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term);

    /// The same for many, not empty: gives those that were taken, in two statements.
    std::vector<std::string> acquireLeases(std::span<const std::string> names, const std::string& owner,
                                           std::chrono::milliseconds term);

    /// The lease lasts for `term` from now. False when it has ended before.
    bool renewLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term);

    /// Ends those leases that are still this owner's.
    void releaseLeases(std::span<const std::string> names, const std::string& owner);

    /// Gives one lease back and takes another, that its owner holds, anew: in one statement. False when that
    /// one had ended.
    bool exchangeLeases(const LeaseName& given, const LeaseName& retaken, std::chrono::milliseconds term);

    /// Deletes the rows of leases that ended so long ago.
    void purgeLeases(std::chrono::milliseconds endedFor);

    /// Those among `names` (not empty) that somebody holds.
    LeaseView findLeases(std::span<const std::string> names);

    /// An upstream's state and all leases whose names start with `slot.UPSTREAM.`: one SELECT.
    UpstreamView readUpstream(const std::string& upstream);

    /// Writes the state that was derived from one that was read. False when another one was written since.
    bool saveUpstream(const std::string& upstream, const UpstreamState& state);

    /// The last failures of `ids`, those too that may be tried again: one SELECT.
    std::vector<KnownFailure> findFailures(std::span<const ImdbId> ids);

    /// Remembers a failure. With a hold-off the movie is not to be tried again so long, twice as long each
    /// time, a day at most; `failure.retryAt` is not read.
    void saveFailure(const KnownFailure& failure, std::chrono::milliseconds holdOff);

    void forgetFailure(const ImdbId& id);

    /// Why the database cannot be written, if it answers and yet cannot: read-only, full, or a table that is
    /// missing. Nothing: it can, as far as is known. Tries it again now and then, by one caller.
    std::optional<std::string> writeRefusal();

    /// The same as it is known, without asking.
    bool refusesWrites() const;

    /// Throws unless the database can be written. Asks it every 5 s at most, and remembers the answer.
    void checkWritable();

    /// Deletes what checkWritable() wrote: for who must leave nothing behind.
    void forgetTrial();

    /// Throws unless the database answers and its migrations are those of this program: SchemaError, which
    /// is logged when it is found and when it is over, and not each time.
    void check();

    /// The program stops: no call goes on after that, whatever the database does, and none that comes then
    /// succeeds.
    void endAt(Deadline deadline);

    /// For the files of common/store, which have the statements of further tables (store_impl.h).
    class Impl;
    Impl& impl() { return *_impl; }

private:
    std::unique_ptr<Impl> _impl;
};

}  // namespace rtbatch
