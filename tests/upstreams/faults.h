#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch::standin {

/// What goes wrong with a request. README.md says what each name does on the wire.
struct Fault {
    std::string name = "none";
    std::optional<int> retryAfter = std::nullopt;                     ///< seconds, for 429, 503 and 403
    std::optional<int> times = std::nullopt;                          ///< only the next so many requests
    std::optional<std::chrono::milliseconds> latency = std::nullopt;  ///< instead of the upstream's
};

/// Whether there is a fault of this name; some are for pages only, some for queries only.
bool isFault(std::string_view name, bool forPages);

/// How one upstream is to behave: its latency, and the fault of each id. Safe from any thread.
class FaultBook {
public:
    void setLatency(std::chrono::milliseconds latency);
    void set(const std::string& id, const Fault& fault);
    void clearFaults();
    void reset();

    /// What is set for a request for `ids`: the first of them with a fault of its own, else that of "*", else
    /// none. Counts a `times` down. `latency` of the answer is always there.
    Fault take(const std::vector<std::string>& ids);

private:
    std::mutex _mutex;
    std::chrono::milliseconds _latency{0};  ///< guarded by _mutex
    std::map<std::string, Fault> _faults;   ///< guarded by _mutex
};

}  // namespace rtbatch::standin
