#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/store/store.h"

namespace rtbatch {

/// So many rows of a table.
struct AheadRows {
    std::string table;
    std::int64_t rows;

    bool operator==(const AheadRows&) const = default;
};

/// Rows with times that lie too far ahead of the database's clock, by the rules of ahead.h: they were written
/// while a clock was wrong. Every call throws StoreError.
class AheadTable {
public:
    explicit AheadTable(Store& store) : _store(store) {}

    /// How many there are; tables without any are left out. A scan of each table.
    std::vector<AheadRows> count();

    /// Makes of them what they are read as, some rows at a time, and says how many it changed. What says
    /// nothing without its time (leases, runs, answers of times to come) is deleted. May be interrupted, and
    /// run again: then there are none.
    std::vector<AheadRows> mend();

    /// Of api_usage only: what was counted for hours to come counts for the last one, for by its number an
    /// hour cannot be told from a true one once it has come.
    std::int64_t mendUsage();

private:
    Store& _store;
};

}  // namespace rtbatch
