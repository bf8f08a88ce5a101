#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "common/metrics/metrics.h"
#include "common/store/connection_pool.h"
#include "common/store/database_url.h"
#include "common/store/database_watch.h"
#include "common/store/row_memory.h"
#include "common/store/shared_clock.h"
#include "common/store/store.h"
#include "common/store/writability.h"

namespace rtbatch {

/// The inside of a Store: for the files of common/store only, each of which speaks for some of the tables.
class Store::Impl {
public:
    explicit Impl(const StoreOptions& options);

    /// Runs `work` on a connection, within one deadline for everything. All that the store does may be done
    /// twice (reads, rows that are replaced, leases whose owner is another one each time), so what failed on
    /// a connection that died while it was kept is tried again on a new one, once.
    template <typename Work>
    auto call(Work work) {
        const CallMeter meter;
        const auto began = Clock::now();
        const Deadline deadline = deadlineOfCall();
        for (bool again = false;; again = true) {
            auto connection = connect(deadline, began, again);
            const bool kept = connection->used();
            try {
                connection->setDeadline(deadline);
                if (!kept || _clock.isDue()) {
                    readClock(*connection);
                }
                auto result = work(*connection);
                connection->markUsed();
                _watch.answered();
                return result;
            } catch (const std::bad_alloc&) {
                connection.drop();
                throw;  // our own matter, not the database's
            } catch (const std::exception& e) {
                const auto fault = connection->explain(e);
                if (fault.unwritable) {
                    // It goes on reading; and SQLite may not be able to open its file anew on a full disk.
                    connection->renewStatements();
                } else {
                    connection.drop();
                }
                const bool worthIt = (fault.gone && kept) || fault.conflict;
                if (again || !worthIt || deadline.passed()) {
                    throw errorOf(fault, began, deadline.passed());
                }
                if (fault.gone) {
                    _pool.closeIdle();
                }
            }
        }
    }

    void endAt(Deadline deadline);

    /// Name and owner of the lease that is written to see whether one can be.
    static constexpr std::string_view kTrial = "trial.write";

    Writability& writability() { return _writability; }

    /// Throws StoreError when it cannot be written.
    void tryToWrite();

    /// Throws SchemaError when its version is not this program's.
    void checkVersion();

    const DatabaseUrl& url() const { return _url; }

    /// Where the database's time is kept between its answers.
    SharedClock& clock() { return _clock; }
    /// The expression for that time.
    const std::string& clockSql() const { return _clockSql; }
    /// The database's time, asked for now. Throws StoreError.
    Timestamp askTime();
    /// The same, as it is known.
    Timestamp time() const { return _clock.time().value_or(now()); }
    const AheadLimits& aheadLimits() const { return _aheadLimits; }
    RowMemory& memory() { return _memory; }

private:
    void readClock(Connection& connection);
    bool isAtOtherVersion();
    int versionThere();

    /// Counts one call, and whether it was left by an exception.
    class CallMeter {
    public:
        CallMeter() = default;
        CallMeter(const CallMeter&) = delete;
        CallMeter& operator=(const CallMeter&) = delete;
        ~CallMeter() {
            metrics().storeTime.observe(Deadline::Clock::now() - _began);
            if (std::uncaught_exceptions() > _thrown) {
                metrics().storeErrors.count();
            }
        }

    private:
        const Deadline::Clock::time_point _began = Deadline::Clock::now();
        const int _thrown = std::uncaught_exceptions();
    };

    using Clock = Deadline::Clock;

    Deadline deadlineOfCall() const;
    ConnectionPool::Lease connect(Deadline deadline, Clock::time_point began, bool fresh);
    StoreError errorOf(const StoreFault& fault, Clock::time_point began, bool late);
    void noteAnswer(bool unanswered, Clock::time_point began);

    const DatabaseUrl _url;
    const std::chrono::milliseconds _timeout;
    Writability _writability;
    std::atomic<bool> _lacksTables = false;   // a statement met a table or a column that is missing
    std::atomic<bool> _otherVersion = false;  // as the last look has it; what is logged
    const std::string _clockSql;
    const AheadLimits _aheadLimits;
    RowMemory _memory;
    SharedClock _clock;
    ConnectionPool _pool;
    DatabaseWatch _watch;  // after what it looks after
};

}  // namespace rtbatch
