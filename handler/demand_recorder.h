#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/store/demand_table.h"
#include "common/store/store.h"

namespace rtbatch {

/// Counts what is asked for, away from the requests: they leave their ids here, and a thread of its own adds
/// them up and writes them every now and then, and once more when this goes. A crash loses what was not
/// written. Safe from any thread.
class DemandRecorder {
public:
    DemandRecorder(Store& store, std::chrono::milliseconds every);
    ~DemandRecorder();  ///< writes the rest; takes as long as the store's timeout at most
    DemandRecorder(const DemandRecorder&) = delete;
    DemandRecorder& operator=(const DemandRecorder&) = delete;

    /// A batch asks for these, distinct. Beyond some 20,000 batches that wait to be written they are not
    /// counted.
    void asked(std::vector<ImdbId> ids);

    /// How a batch was answered.
    void served(const ServedCounts& counts);

private:
    void run();
    void addUp(const std::vector<std::vector<ImdbId>>& batches);
    void write();

    Store& _store;
    const std::chrono::milliseconds _every;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::vector<std::vector<ImdbId>> _batches;  // guarded by _mutex
    ServedCounts _counts;                       // guarded by _mutex
    bool _stopping = false;                     // guarded by _mutex

    // Used by the thread only.
    std::unordered_map<ImdbId, std::int64_t> _unwritten;
    ServedCounts _unwrittenCounts;

    std::jthread _thread;  // last: the rest is there when it begins
};

}  // namespace rtbatch
