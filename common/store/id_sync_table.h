#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// A row of `id_sync`: how far a pass over the whole mapping has come.
struct IdSync {
    Timestamp startedAt{};
    Timestamp endedAt{};  ///< the epoch: not to the end yet
    std::string after{};  ///< all values up to this one are taken over; empty: none
    std::int64_t requests = 0;
    std::int64_t found = 0;  ///< ids that were saved; one that has values on several pages counts for each

    bool finished() const { return endedAt != Timestamp{}; }
    friend bool operator==(const IdSync&, const IdSync&) = default;
};

/// What taking over the whole mapping from Wikidata writes. Safe from any thread; every call throws
/// StoreError.
class IdSyncTable {
public:
    explicit IdSyncTable(Store& store) : _store(store) {}

    /// Store::time(), by which all times here go.
    Timestamp time() const { return _store.time(); }

    /// The last pass, or nothing before the first.
    std::optional<IdSync> read();

    /// Remembers where a pass is. An `after` of more than 500 bytes is cut: an earlier place does no harm.
    void save(const IdSync& state);

    /// Remembers ids of a page, each there once and with a Rotten Tomatoes id. A pass meets the values of a
    /// movie in the order in which one prefers them (readRtIds()), so the first that it saves stays: a row is
    /// replaced only if it was checked before the pass began, or is "known absent". 500 rows a statement.
    void saveSynced(std::span<const KnownRtId> rows, Timestamp passStartedAt);

private:
    Store& _store;
};

}  // namespace rtbatch
