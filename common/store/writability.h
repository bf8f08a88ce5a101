#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "common/model/deadline.h"

namespace rtbatch {

/// Whether a database that answers lets itself be written, as the calls of this process have met it: after a
/// failover a server may be read-only, a disk full, a quota used up; or tables are missing. Safe from any
/// thread.
class Writability {
public:
    using Clock = Deadline::Clock;

    /// While writing is refused it is tried again so often; and while it is not, what is known of it is
    /// believed for so long.
    static constexpr std::chrono::seconds kTryEvery{2};
    static constexpr std::chrono::seconds kLasts{5};

    /// A statement was refused, for this reason.
    void refused(const std::string& why);

    /// A trial went well.
    void written();

    bool isRefused() const { return _isRefused; }

    /// Why; nothing: it is not refused.
    std::optional<std::string> refusal() const;

    /// Whether the caller is the one to try it now: once in kTryEvery, or in kLasts.
    bool isDue();

private:
    std::atomic<bool> _isRefused = false;
    mutable std::mutex _mutex;
    std::string _why;            // guarded by _mutex
    Clock::time_point _tried{};  // guarded by _mutex
};

}  // namespace rtbatch
