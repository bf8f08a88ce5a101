#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "common/model/deadline.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// What this process knows of the database's clock, which all processes share: measured now and then, and
/// carried on between with the steady clock, so that a jump of this host's wall clock changes nothing. Safe
/// from any thread.
class SharedClock {
public:
    using Steady = Deadline::Clock;

    /// The database's time now; nothing before the first measurement.
    std::optional<Timestamp> time() const { return timeAt(Steady::now()); }
    std::optional<Timestamp> timeAt(Steady::time_point when) const;

    /// Whether the last measurement is so old (10 s) that the database may have been set meanwhile.
    bool isDue() const;

    /// The database said `theirs` in an answer that was asked for at `asked` and was there at `answered`. An
    /// estimate that this allows stays as it is, so that a slow answer does no harm; else it is moved as
    /// little as needed.
    void measured(Timestamp theirs, Steady::time_point asked, Steady::time_point answered);

private:
    mutable std::mutex _mutex;
    std::optional<Steady::duration> _ahead;  // guarded by _mutex; of the steady clock
    Steady::time_point _measuredAt;          // guarded by _mutex
};

}  // namespace rtbatch
