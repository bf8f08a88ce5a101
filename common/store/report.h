#pragma once

#include <array>
#include <cstdint>

#include "common/model/timestamp.h"
#include "common/store/demand_table.h"
#include "common/store/store.h"

namespace rtbatch {

/// How many movies of a class of demand have which row.
struct RowCounts {
    std::int64_t fresh = 0;
    std::int64_t stale = 0;
    std::int64_t missing = 0;   ///< asked for or wanted, and without a row
    std::int64_t notFound = 0;  ///< the same, and Wikidata said lately that it knows none

    std::int64_t all() const { return fresh + stale + missing + notFound; }
    RowCounts& operator+=(const RowCounts& other);

    bool operator==(const RowCounts&) const = default;
};

/// The classes: the 100 most demanded, the next 900, the next 9,000, and the rest, rows that nobody asked for
/// included.
constexpr std::array<int, 3> kClassEnds{100, 1000, 10000};
using RowsByDemand = std::array<RowCounts, kClassEnds.size() + 1>;

/// What is remembered of Wikidata.
struct RtIdCounts {
    std::int64_t known = 0;
    std::int64_t absent = 0;   ///< Wikidata knows none
    std::int64_t expired = 0;  ///< of both: asked again when needed

    bool operator==(const RtIdCounts&) const = default;
};

/// Figures over whole tables, for the operator. Each is one or two statements that may take a while on a
/// large table; none locks anything. Every call throws StoreError.
class Report {
public:
    explicit Report(Store& store) : _store(store) {}

    RowsByDemand rowsByDemand(Timestamp now);

    /// What was answered in the periods that began since then.
    ServedCounts served(Timestamp since);

    RtIdCounts rtIds(Timestamp now);

private:
    Store& _store;
};

}  // namespace rtbatch
