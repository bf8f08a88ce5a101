#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/keys/key_ring.h"
#include "common/keys/quota_line.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"
#include "common/store/usage_table.h"

namespace rtbatch {

/// How a key with a limit stands.
struct RateLimit {
    std::int64_t limit;          ///< requests an hour
    std::int64_t remaining;      ///< as far as this process knows
    std::chrono::seconds reset;  ///< to the next hour, 1 at least
    bool admitted;
};

struct QuotaOptions {
    std::chrono::milliseconds every{1000};  ///< how often what is reserved is adjusted
    std::chrono::milliseconds wait{1000};   ///< how long a request waits for the database at most
    /// False: for a process that lives for one request. take() asks the database itself.
    bool thread = true;
    std::function<Timestamp()> clock = now;  ///< which hour it is: Store::time(); tests have their own
};

/// Counts the requests of each key by the hour, and holds those with a limit to it, over all processes of the
/// database, without a write while somebody waits: each process reserves requests in the database ahead, as
/// many as it will need in about two seconds, and spends them from memory. What it does not need it gives
/// back.
///
/// The first request of a key in an hour is admitted before the database was asked. So a limit may be
/// exceeded by one request an hour in each process (one that was started again is another), and by no more. A
/// process that crashes takes with it what it had reserved: then the key gets so much less of that hour.
///
/// Safe from any thread.
class Quota {
public:
    Quota(Store& store, QuotaOptions options = {});
    ~Quota();  ///< gives back what is left; no take() may be under way
    Quota(const Quota&) = delete;
    Quota& operator=(const Quota&) = delete;

    /// Counts one request. Nothing for a key without a limit. Throws StoreError when it cannot be told in
    /// time whether anything is left.
    std::optional<RateLimit> take(const KnownKey& key);

private:
    using Clock = std::chrono::steady_clock;
    using KeyHour = std::pair<std::int64_t, std::int64_t>;
    using Counts = std::map<KeyHour, std::int64_t>;
    struct Job;

    std::optional<RateLimit> takeAlone(const KnownKey& key);
    std::int64_t hourNow() const;
    RateLimit answer(const QuotaLine& line, bool admitted) const;
    void turn(std::int64_t keyId, QuotaLine& line, std::int64_t hour);
    void release(std::int64_t keyId, QuotaLine& line, std::int64_t nextHour);
    void wake();

    void run();
    void topUp(std::unique_lock<std::mutex>& lock, bool last, bool tick, std::chrono::milliseconds since);
    std::vector<Job> collect(bool tick, std::chrono::milliseconds since);
    void releaseAll();
    std::string work(std::vector<Job>& jobs);
    std::string writeCounts();
    bool reserveOne(const Job& job, std::int64_t wanted);
    std::int64_t counted(std::int64_t keyId, std::int64_t hour, std::int64_t written) const;
    void complain(const std::string& fault);
    void reserve(std::vector<Job>& jobs);
    void giveBack();
    void apply(const std::vector<Job>& jobs, std::string fault);

    UsageTable _table;
    const QuotaOptions _options;

    std::mutex _mutex;
    std::condition_variable _workToDo;                   // for the thread
    std::condition_variable _answered;                   // for those that wait
    std::unordered_map<std::int64_t, QuotaLine> _lines;  // guarded by _mutex; by key
    Counts _counts;             // guarded by _mutex; admitted without a reservation, to be added
    Counts _unspent;            // guarded by _mutex; reserved and not needed, to be given back
    std::uint64_t _faults = 0;  // guarded by _mutex; how often the database could not be asked
    std::string _fault;         // guarded by _mutex; why, the last time
    bool _woken = false;        // guarded by _mutex
    bool _stopping = false;     // guarded by _mutex

    // Used by the thread only.
    Counts _unwritten;
    Counts _unreturned;
    bool _away = false;

    std::jthread _thread;  // last: the rest is there when it begins
};

}  // namespace rtbatch
