#pragma once

#include <condition_variable>
#include <mutex>

#include "common/model/deadline.h"

namespace rtbatch {

/// Counts the connections that are open.
class ConnectionCount {
public:
    void add();
    void remove();
    int value() const;

    /// Whether all were closed by then.
    bool waitForNone(Deadline deadline);
    /// Waits until fewer than `most` are open, at most so long.
    void waitForRoom(int most, Deadline deadline);

private:
    mutable std::mutex _mutex;
    std::condition_variable _changed;
    int _open = 0;  // guarded by _mutex
};

}  // namespace rtbatch
