#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "common/fetch/flight.h"
#include "common/model/deadline.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// The permission to have one request open at an upstream. Moves, never copies; given back once, at the
/// latest when it is destroyed.
class Slot {
public:
    explicit Slot(std::function<void()> giveBack) : _giveBack(std::move(giveBack)) {}
    Slot(Slot&& other) noexcept : _giveBack(std::exchange(other._giveBack, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { release(); }

    void release() {
        if (const auto giveBack = std::exchange(_giveBack, nullptr)) {
            giveBack();
        }
    }

private:
    std::function<void()> _giveBack;
};

/// Hands out the slots of both upstreams.
class SlotPool {
public:
    virtual ~SlotPool() = default;

    /// Waits for a slot, at most to `deadline`; nothing when there was none by then or the pool was closed.
    virtual std::optional<Slot> acquire(Upstream upstream, Priority priority, Deadline deadline) = 0;

    /// Ends all waiting, now and later: the program stops. Slots that are out may still come back.
    virtual void close() = 0;
};

/// Slots of one process, counted in memory.
class LocalSlots : public SlotPool {
public:
    LocalSlots(int wikidata, int rottenTomatoes);

    std::optional<Slot> acquire(Upstream upstream, Priority priority, Deadline deadline) override;
    void close() override;

    /// How many wait for a slot.
    int waiting(Upstream upstream, Priority priority) const;

private:
    struct Counter {
        int free = 0;
        std::array<int, 2> waiting{};  // by priority
    };

    void giveBack(Upstream upstream);

    mutable std::mutex _mutex;
    std::condition_variable _changed;
    std::array<Counter, 2> _counters;  // guarded by _mutex
    bool _closed = false;              // guarded by _mutex
};

}  // namespace rtbatch
