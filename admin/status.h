#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "common/lease/owner.h"
#include "common/model/timestamp.h"
#include "common/store/coordination.h"
#include "common/store/id_sync_table.h"
#include "common/store/refresh_table.h"
#include "common/store/report.h"
#include "common/store/store.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Who has a lease.
struct Holder {
    Owner owner;
    Timestamp since;
    Timestamp until;  ///< it ends then, unless it is renewed
};

/// A slot that is held.
struct HeldSlot {
    int number = 0;
    Holder holder;
};

/// A process in the line for slots.
struct Waiting {
    bool people;  ///< for people; else for the refresher
    Holder holder;
};

/// Whether an upstream may be asked.
enum class UpstreamCondition {
    works,
    waits,      ///< left alone for a while
    probing,    ///< one request may try, or does
    suspended,  ///< its pages are not believed
    unknown,    ///< its row is missing
};

/// One upstream, as all processes see it.
struct UpstreamStatus {
    std::string name;
    UpstreamCondition condition = UpstreamCondition::unknown;
    std::string words{};  ///< the condition, for a person
    UpstreamState state{};
    std::optional<Timestamp> until = std::nullopt;  ///< waits, suspended: nothing is asked before
    int capacity = 0;
    std::vector<HeldSlot> held{};
    std::vector<Waiting> waiting{};
};

/// A run of the refresher, and whether it is under way.
struct RunStatus {
    RefreshRun run;
    bool underWay;
};

/// What `rtbatch-admin status` shows.
struct Status {
    std::string database;
    Timestamp time;
    RowsByDemand rows{};
    ServedCounts lastHour{};
    ServedCounts lastDay{};
    std::vector<UpstreamStatus> upstreams{};
    std::optional<Holder> refresherLock = std::nullopt;
    std::vector<RunStatus> runs{};  ///< the last first
    int pagesPerDay = 0;
    std::int64_t pagesLastDay = 0;  ///< of runs that began in the last 24 hours
    int budget = 0;                 ///< pages that a run now may ask for
    RtIdCounts rtIds{};
    std::optional<IdSync> sync = std::nullopt;  ///< the last pass over the whole mapping
};

/// The part of the answers that were fresh rows; nothing when there were no answers.
std::optional<double> hitRatio(const ServedCounts& counts);

std::int64_t allOf(const ServedCounts& counts);

/// One of them, as it is now. Throws StoreError.
UpstreamStatus readUpstreamStatus(Store& store, Upstream upstream, int capacity);

/// Reads it all. Throws StoreError.
Status readStatus(Store& store, const Config& config, Timestamp now);

/// For a person, and for a program (one JSON object, whose keys docs/operators.md lists).
std::string statusText(const Status& status);
std::string statusJson(const Status& status);

}  // namespace rtbatch
