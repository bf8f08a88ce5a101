#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "common/store/store.h"

namespace rtbatch {

/// Who asks.
struct KnownKey {
    std::int64_t id = 0;  ///< 0: auth.admin_key, which has no row
    std::string name = {};
    bool admin = false;
    std::optional<std::int64_t> hourlyLimit = std::nullopt;
};

struct KeyRingOptions {
    std::string adminKey{};                     ///< auth.admin_key; empty: there is none
    std::chrono::milliseconds reload{10000};    ///< how often the keys are read again
    std::chrono::milliseconds maxAge{30000};    ///< beyond this memory is not believed
    std::chrono::milliseconds patience{1000};   ///< how long who asks for an unknown key waits at most
    std::chrono::milliseconds lookEvery{1000};  ///< an unknown key costs the database a look so often at most
    /// False: for a process that lives for one request. find() asks the database each time, for that key.
    bool thread = true;
};

/// The keys that are not revoked, looked up in memory, which a thread of its own keeps at most maxAge behind
/// the database: so long after it was revoked a key is dead in every process. A new key works at once, for a
/// key that is not known makes the ring read them all again, once a second at most; whoever guesses in that
/// second may keep a key that was made in it waiting for its end. Safe from any thread.
class KeyRing {
public:
    KeyRing(Store& store, KeyRingOptions options);
    ~KeyRing();  ///< waits for a read that is under way, no longer
    KeyRing(const KeyRing&) = delete;
    KeyRing& operator=(const KeyRing&) = delete;

    /// Whose key the text is; nothing: nobody's. Throws StoreError when that cannot be told because the
    /// database is away: never for auth.admin_key, nor for what has not the form of a key; for a key that is
    /// in memory only when that is older than maxAge.
    std::optional<KnownKey> find(std::string_view text);

    /// Whether the text is surely nobody's key, as memory has it: the database is not asked.
    bool isNobodys(std::string_view text);

    /// Reads the keys now: for who has just changed them, so that it is seen here at once. Throws StoreError.
    void reload();

    /// Has the thread read the keys soon, and does not wait for it.
    void refresh();

private:
    using Clock = std::chrono::steady_clock;
    struct Memory;

    static std::optional<KnownKey> findIn(const Memory& memory, const std::string& digest);
    std::optional<KnownKey> lookUp(const std::string& digest);
    void rememberUnknown(const std::string& digest);
    bool isFresh(const std::shared_ptr<const Memory>& memory) const;
    void read(std::unique_lock<std::mutex>& lock);
    void run();

    Store& _store;
    const KeyRingOptions _options;
    const std::string _adminDigest;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::shared_ptr<const Memory> _memory;       // guarded by _mutex; null before the first read
    std::unordered_set<std::string> _unknown;    // guarded by _mutex; digests that were looked for in vain
    bool _refreshAsked = false;                  // guarded by _mutex; by refresh(), since the last read
    bool _reading = false;                       // guarded by _mutex; somebody reads, without the lock
    std::optional<Clock::time_point> _lookedAt;  // guarded by _mutex; when an unknown key last made it read
    std::string _fault;  // guarded by _mutex; of the last read, empty when it went well
    StoreError::Kind _faultKind = StoreError::Kind::fault;  // guarded by _mutex; of it
    std::atomic<bool> _wellRead = true;                     // the last read; so that a fault is logged once
    bool _stopping = false;                                 // guarded by _mutex

    std::jthread _thread;  // last: the rest is there when it begins
};

}  // namespace rtbatch
