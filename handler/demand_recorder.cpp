#include "handler/demand_recorder.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace rtbatch {

namespace {

using Clock = std::chrono::steady_clock;

/// So many batches wake the thread before its time; beyond so many they are not counted.
constexpr std::size_t kManyBatches = 1000;
constexpr std::size_t kMostBatches = 20000;

/// Movies that wait for a database that is away.
constexpr std::size_t kMostMovies = 100000;

void add(ServedCounts& sum, const ServedCounts& more) {
    sum.cached += more.cached;
    sum.stale += more.stale;
    sum.fetched += more.fetched;
    sum.notFound += more.notFound;
    sum.failed += more.failed;
}

}  // namespace

DemandRecorder::DemandRecorder(Store& store, std::chrono::milliseconds every)
    : _store(store), _every(every), _thread([this] { run(); }) {}

DemandRecorder::~DemandRecorder() {
    {
        const std::scoped_lock lock(_mutex);
        _stopping = true;
        _changed.notify_all();
    }
    _thread.join();
}

void DemandRecorder::asked(std::vector<ImdbId> ids) {
    const std::scoped_lock lock(_mutex);
    if (ids.empty() || _batches.size() >= kMostBatches) {
        return;
    }
    _batches.push_back(std::move(ids));
    if (_batches.size() == kManyBatches) {
        _changed.notify_all();
    }
}

void DemandRecorder::served(const ServedCounts& counts) {
    const std::scoped_lock lock(_mutex);
    add(_counts, counts);
}

void DemandRecorder::run() {
    auto due = Clock::now() + _every;
    std::unique_lock lock(_mutex);
    for (bool stopping = false; !stopping;) {
        _changed.wait_until(lock, due, [&] { return _stopping || _batches.size() >= kManyBatches; });
        stopping = _stopping;
        const auto batches = std::exchange(_batches, {});
        add(_unwrittenCounts, std::exchange(_counts, {}));
        lock.unlock();
        try {
            addUp(batches);
            if (stopping || Clock::now() >= due) {
                write();
            }
        } catch (const std::exception& error) {
            logFailure(Poco::Logger::get("rtbatch.demand"), Poco::Message::PRIO_WARNING,
                       "some of what was asked for is not counted", error);
        }
        if (Clock::now() >= due) {
            due = Clock::now() + _every;
        }
        lock.lock();
    }
}

void DemandRecorder::addUp(const std::vector<std::vector<ImdbId>>& batches) {
    for (const auto& ids : batches) {
        for (const ImdbId& id : ids) {
            if (id != ImdbId::ofNoFilm() && (_unwritten.size() < kMostMovies || _unwritten.contains(id))) {
                ++_unwritten[id];
            }
        }
    }
}

/// What cannot be written waits for the next time.
void DemandRecorder::write() {
    try {
        DemandTable table(_store);
        const Timestamp time = _store.time();
        while (!_unwritten.empty()) {
            std::vector<Asked> asked;
            for (const auto& [id, times] : _unwritten) {
                asked.push_back({id, times});
                if (asked.size() == DemandTable::kMostInAStatement) {
                    break;
                }
            }
            table.add(asked, time);
            for (const Asked& one : asked) {
                _unwritten.erase(one.id);
            }
        }
        if (!(_unwrittenCounts == ServedCounts{})) {
            table.addServed(_unwrittenCounts, time);
            _unwrittenCounts = {};
        }
    } catch (const StoreError& error) {
        Poco::Logger::get("rtbatch.demand")
            .warning("what was asked for is written later: %s", std::string(error.what()));
    }
}

}  // namespace rtbatch
