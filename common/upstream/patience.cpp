#include "common/upstream/patience.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "common/upstream/request_fault.h"

namespace rtbatch {

CancelSignal::CancelSignal() : _event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!_event.valid()) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

void CancelSignal::raise() noexcept {
    _raised.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable anyway.
    [[maybe_unused]] const auto written = ::write(_event.get(), &one, sizeof one);
}

void Patience::check() const {
    if (_cancel.raised()) {
        throw RequestFault(UpstreamFailure::Kind::cancelled,
                           "was not asked further: the program is stopping");
    }
    if (_total.passed()) {
        throw RequestFault(UpstreamFailure::Kind::timeout, "did not answer in time");
    }
}

bool Patience::waitFor(int fd, short events, Deadline limit) const {
    for (;;) {
        check();
        if (limit.passed()) {
            return false;
        }
        constexpr std::chrono::milliseconds kLongest{60'000};
        const auto left = std::min({kLongest, _total.left(), limit.left()});
        std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{_cancel.fd(), POLLIN, 0}};
        const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
        if (ready < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (ready > 0 && fds[0].revents != 0) {
            check();
            return true;
        }
    }
}

}  // namespace rtbatch
