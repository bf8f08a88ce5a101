#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/store/store.h"

namespace rtbatch {

/// Requests of a key in an hour, counted from the epoch: a row of `api_usage`.
struct KeyUsage {
    std::int64_t keyId;
    std::int64_t hour;
    std::int64_t requests;

    bool operator==(const KeyUsage&) const = default;
};

/// The table `api_usage`. Safe from any thread; every call throws StoreError. What adds may add twice when
/// its connection dies, for the store tries it again: then a key gets less than its limit, never more.
class UsageTable {
public:
    explicit UsageTable(Store& store) : _store(store) {}

    /// What was counted of these keys in that hour; those with nothing are left out. One statement.
    std::vector<KeyUsage> read(std::span<const std::int64_t> keyIds, std::int64_t hour);

    /// Adds `usage.requests` if no more than `limit` come together. False: they would, and nothing was added.
    bool reserve(const KeyUsage& usage, std::int64_t limit);

    /// Takes back what was reserved and not spent, once at most: it throws only when surely nothing was done,
    /// and what is left undone otherwise is lost to the key.
    void giveBack(const KeyUsage& usage);

    /// Adds without a limit. At most kMostInAStatement, each key and hour once; one statement.
    void add(std::span<const KeyUsage> usages);
    static constexpr std::size_t kMostInAStatement = 1000;

private:
    Store& _store;
};

}  // namespace rtbatch
