#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "common/fetch/fetcher.h"
#include "common/fetch/gate.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/model/deadline.h"
#include "common/page/reader_process.h"
#include "common/store/refresh_table.h"
#include "common/store/store.h"
#include "refresher/plan.h"
#include "refresher/run_lock.h"

namespace rtbatch {

struct RunLimits {
    int pages;          ///< asked for at most
    Deadline deadline;  ///< nothing is begun afterwards
};

/// Spends pages on what a plan says, as the refresher: behind people everywhere, and with at most
/// refresher.rt_slots requests open. What it fetches is stored by the fetcher page by page, so that being
/// killed loses nothing.
class Refresher : public FlightListener, public std::enable_shared_from_this<Refresher> {
public:
    /// `stopAsked`: looked at several times a second. `progressed`: called after each movie, with how many
    /// are done.
    struct Hooks {
        std::function<bool()> stopAsked;
        std::function<void(std::size_t more)> progressed;
    };

    Refresher(const Config& config, Store& store, Leases& leases, RunLock& lock, Hooks hooks);
    ~Refresher() override;

    /// Does the work and gives the run's row, which is in the database by then, as it was all the time.
    /// Throws StoreError when that cannot be written at the beginning or at the end.
    RefreshRun operator()(const Plan& plan, RunLimits limits);

    /// Whether the upstream has said that nobody may ask now, or pages are not believed; how the run ended
    /// then.
    const std::optional<Shut>& shut() const { return _shut; }

    /// The first kNamedFailures movies that failed, each with why.
    const std::vector<std::pair<ImdbId, std::string>>& failures() const { return _failures; }
    static constexpr std::size_t kNamedFailures = 3;

    std::string name() const override { return "refresher"; }
    void landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) override;

private:
    enum class End { nothingLeft, budget, time, stopped, lockLost, shut };

    End spend(const Plan& plan, RunLimits limits);
    void wantMore(const Plan& plan, const RunLimits& limits);
    void takeLandings();
    void waitForLandings(std::chrono::milliseconds patience);
    void finishOpen();
    void note();
    std::string describe(End end) const;

    const Config& _config;
    Store& _store;
    RunLock& _lock;
    const Hooks _hooks;
    std::atomic<std::int64_t> _pages = 0;

    ReaderProcess _reader;
    Bell _bell;
    Gate _gate;
    std::optional<Fetcher> _fetcher;

    // Used by the thread that runs it.
    RefreshRun _row;
    std::size_t _next = 0;  // of the plan
    std::set<ImdbId> _open;
    std::optional<Shut> _shut;
    std::vector<std::pair<ImdbId, std::string>> _failures;
    Deadline::Clock::time_point _noted;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::vector<std::pair<ImdbId, std::shared_ptr<const FlightResult>>> _landings;  // guarded by _mutex
};

}  // namespace rtbatch
