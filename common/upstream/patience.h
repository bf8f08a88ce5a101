#pragma once

#include <atomic>

#include "common/model/deadline.h"
#include "common/process/file_descriptor.h"

namespace rtbatch {

/// Raised once, from any thread, and seen at once by every wait of its owner; never lowered again.
class CancelSignal {
public:
    /// Throws std::system_error when the process is out of descriptors.
    CancelSignal();

    void raise() noexcept;
    bool raised() const noexcept { return _raised.load(std::memory_order_acquire); }

    /// Readable from the moment that the signal is raised.
    int fd() const { return _event.get(); }

private:
    FileDescriptor _event;
    std::atomic<bool> _raised{false};
};

/// How long one request may wait in all, and what may interrupt it. No socket is ever read or written without
/// it, so that a dripped reply ends as surely as a silent one.
class Patience {
public:
    Patience(const CancelSignal& cancel, Deadline total) : _cancel(cancel), _total(total) {}

    /// The same, ending sooner.
    Patience until(Deadline limit) const { return {_cancel, _total.sooner(limit)}; }

    Deadline total() const { return _total; }

    /// Throws RequestFault (timeout or cancelled) when it is over.
    void check() const;

    /// Waits for `events` (of poll) on `fd`. True when there are some; false when `limit` passed first.
    /// Throws RequestFault as check() does.
    bool waitFor(int fd, short events, Deadline limit) const;

private:
    const CancelSignal& _cancel;
    Deadline _total;
};

}  // namespace rtbatch
