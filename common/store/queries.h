#pragma once

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/store/database_url.h"
#include "common/store/movie_lookup.h"
#include "common/store/store.h"

namespace rtbatch {

/// The store's statements on one session. Those of the hot path are prepared once and keep their buffers. For
/// one thread at a time; throws what Poco throws, and is not to be used any more then.
class Queries {
public:
    /// The session must outlive it.
    Queries(Poco::Data::Session& session, Dialect dialect);
    ~Queries();
    Queries(const Queries&) = delete;
    Queries& operator=(const Queries&) = delete;

    std::vector<CachedMovie> findMovies(std::span<const ImdbId> ids) { return _lookup.find(ids); }
    std::optional<StoredMovie> findStored(const ImdbId& id);
    void saveMovie(const StoredMovie& movie);
    std::vector<KnownRtId> findRtIds(std::span<const ImdbId> ids, Timestamp now);
    /// Of answers that were checked and expire no later than that.
    struct Latest {
        Timestamp checkedAt;
        Timestamp expiresAt;
    };
    std::vector<ImdbId> findMoviesOf(const RtId& rtId, Timestamp now, const Latest& latest);
    void saveRtIds(std::span<const KnownRtId> answers);

    /// The highest migration that was applied, 0 for none. Throws when there is no such table.
    int schemaVersion();

    /// When the first migration was applied; 0 before that.
    std::int64_t birth();

private:
    struct FindStored;
    struct Save;

    Poco::Data::Session& _session;
    Dialect _dialect;
    MovieLookup _lookup;
    std::unique_ptr<FindStored> _findStored;
    std::unique_ptr<Save> _saveMovie;
};

}  // namespace rtbatch
