#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/demand.h"
#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// A movie that a page may be spent on, as the tables have it.
struct DueMovie {
    ImdbId id;
    std::optional<StoredMovie> row = std::nullopt;  ///< without its facts
    std::optional<int> year = std::nullopt;         ///< of the row
    std::optional<RtId> rtId = std::nullopt;        ///< remembered
    Demand demand{};                                ///< no requests: nothing is known of it
};

/// The lease that a run of the refresher holds, so that there is one at a time.
inline const std::string kRefresherLock = "lock.refresher";

/// A row of `refresh_run`.
struct RefreshRun {
    Timestamp startedAt{};
    std::string owner{};
    std::optional<Timestamp> endedAt = std::nullopt;  ///< nothing: it runs, or was killed
    std::int64_t due = 0;
    std::int64_t pages = 0;  ///< asked for
    std::int64_t renewed = 0;
    std::int64_t notFound = 0;
    std::int64_t failed = 0;
    std::string endedBy{};
};

/// What the refresher reads and leaves. Every call throws StoreError.
class RefreshTable {
public:
    explicit RefreshTable(Store& store) : _store(store) {}

    /// Rows that expire before `horizon` or have expired, and movies that were asked for or are wanted and
    /// have no row; not those that may not be tried again before `now` (rt_failure), or of which Wikidata
    /// said lately that it knows none. Of each at most `most`, the most
    /// demanded, and as many that are marked (WantedTable), in the order of their places.
    std::vector<DueMovie> findDue(Timestamp now, Timestamp horizon, int most);

    /// What is known of one movie, due or not.
    DueMovie find(const ImdbId& id);

    /// Writes a run's row, or replaces it.
    void saveRun(const RefreshRun& run);

    // Runs that began in the future are not believed (ahead.h), so they are left out.

    /// Runs that began since then, the last first.
    std::vector<RefreshRun> runsSince(Timestamp since);

    /// The last `most` runs, the last first.
    std::vector<RefreshRun> lastRuns(int most);

    /// Deletes runs that began before.
    void purgeRuns(Timestamp before);

private:
    std::vector<RefreshRun> runs(Timestamp since, const std::string& limit);

    Store& _store;
};

}  // namespace rtbatch
