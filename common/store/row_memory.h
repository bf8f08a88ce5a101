#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/cached_movie.h"

namespace rtbatch {

/// Rows of `rt_cache` that this process has read or stored a short while ago. A row that another process
/// renews or purges is out of date here for as long as that, never longer. Safe from any thread.
class RowMemory {
public:
    /// Holds about `bytes` at most (0: nothing), the rows used last, each for `age`.
    RowMemory(std::size_t bytes, std::chrono::milliseconds age);

    bool isOn() const { return _shardBytes > 0; }

    /// Null: there is none, it was put here too long ago, or it is stale.
    MovieRow find(const ImdbId& id, Timestamp time);

    /// A row as the database has it now. Of two the one that was cached later stays.
    void put(MovieRow row);

private:
    using Clock = std::chrono::steady_clock;

    struct Entry {
        MovieRow row;
        Clock::time_point putAt;
    };
    /// The rows are spread over these by their id, so that threads seldom wait for each other.
    struct Shard {
        std::mutex mutex;
        std::list<Entry> entries;  // guarded by mutex; the one used last is the first
        std::unordered_map<ImdbId, std::list<Entry>::iterator> places;  // guarded by mutex
        std::size_t bytes = 0;                                          // guarded by mutex
    };

    Shard& shardOf(const ImdbId& id);
    static std::size_t sizeOf(const CachedMovie& row);
    static void erase(Shard& shard, std::list<Entry>::iterator entry);

    std::array<Shard, 16> _shards;
    const std::size_t _shardBytes;
    const std::chrono::milliseconds _age;
};

}  // namespace rtbatch
