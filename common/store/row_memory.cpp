#include "common/store/row_memory.h"

#include <utility>

namespace rtbatch {

namespace {

/// What an entry takes beside the row's own texts: nodes of the list and of the map, the row, its count.
constexpr std::size_t kOverhead = 320;

}  // namespace

RowMemory::RowMemory(std::size_t bytes, std::chrono::milliseconds age)
    : _shardBytes(bytes / _shards.size()), _age(age) {}

RowMemory::Shard& RowMemory::shardOf(const ImdbId& id) {
    return _shards[std::hash<ImdbId>{}(id) % _shards.size()];
}

std::size_t RowMemory::sizeOf(const CachedMovie& row) {
    return kOverhead + row.facts.capacity() + row.rtId.capacity();
}

void RowMemory::erase(Shard& shard, std::list<Entry>::iterator entry) {
    shard.bytes -= sizeOf(*entry->row);
    shard.places.erase(entry->row->imdbId);
    shard.entries.erase(entry);
}

MovieRow RowMemory::find(const ImdbId& id, Timestamp time) {
    Shard& shard = shardOf(id);
    const std::scoped_lock lock(shard.mutex);
    const auto place = shard.places.find(id);
    if (place == shard.places.end()) {
        return nullptr;
    }
    const auto entry = place->second;
    if (Clock::now() >= entry->putAt + _age || entry->row->staleAt(time)) {
        erase(shard, entry);
        return nullptr;
    }
    shard.entries.splice(shard.entries.begin(), shard.entries, entry);
    return entry->row;
}

void RowMemory::put(MovieRow row) {
    if (!isOn()) {
        return;
    }
    Shard& shard = shardOf(row->imdbId);
    const std::scoped_lock lock(shard.mutex);
    const auto now = Clock::now();
    if (const auto place = shard.places.find(row->imdbId); place != shard.places.end()) {
        const auto entry = place->second;
        if (entry->row->cachedAt > row->cachedAt && now < entry->putAt + _age) {
            return;  // a reader who was slower than a writer
        }
        erase(shard, entry);
    }
    shard.entries.push_front({std::move(row), now});
    const CachedMovie& newest = *shard.entries.front().row;
    shard.places.emplace(newest.imdbId, shard.entries.begin());
    shard.bytes += sizeOf(newest);
    while (shard.bytes > _shardBytes && !shard.entries.empty()) {
        erase(shard, std::prev(shard.entries.end()));
    }
}

}  // namespace rtbatch
