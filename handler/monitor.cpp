#include "handler/monitor.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

namespace rtbatch {

namespace {

constexpr auto kNever = Monitor::Clock::time_point::max();

/// A pipe reports an error and a unix socket a hang-up when the other side has closed. Of TCP we hear only
/// that nothing more comes; of a unix socket that means less: Apache's mod_cgid ends its side after the body.
bool saysWhenClosed(int descriptor) {
    int domain = AF_UNIX;
    socklen_t size = sizeof domain;
    ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size);  // fails for a pipe
    return domain == AF_UNIX;
}

}  // namespace

bool hasDeparted(int descriptor) {
    if (descriptor < 0) {
        return false;
    }
    pollfd polled{descriptor, static_cast<short>(saysWhenClosed(descriptor) ? 0 : POLLRDHUP), 0};
    return ::poll(&polled, 1, 0) == 1;
}

Monitor::Monitor() : _epoll(::epoll_create1(EPOLL_CLOEXEC)), _wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    if (_epoll < 0 || _wake < 0 || ::epoll_ctl(_epoll, EPOLL_CTL_ADD, _wake, &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot set up the monitor");
    }
    _thread = std::jthread([this] { run(); });
}

Monitor::~Monitor() {
    {
        const std::scoped_lock lock(_mutex);
        _stopping = true;
    }
    wakeThread();
    _thread.join();
    ::close(_epoll);
    ::close(_wake);
}

Monitor::Ticket Monitor::watch(int descriptor, std::shared_ptr<Watched> watched, Clock::time_point due) {
    const std::scoped_lock lock(_mutex);
    const Ticket ticket = _nextTicket++;
    Entry& entry = _entries.emplace(ticket, Entry{descriptor, std::move(watched), kNever}).first->second;
    try {
        setDue(ticket, entry, due);
    } catch (const std::bad_alloc&) {
        _entries.erase(ticket);
        throw;
    }
    if (descriptor >= 0) {
        epoll_event event{};
        // Errors and hang-ups come unasked, once is enough.
        event.events = EPOLLET | (saysWhenClosed(descriptor) ? 0U : EPOLLRDHUP);
        event.data.u64 = ticket;
        ::epoll_ctl(_epoll, EPOLL_CTL_ADD, descriptor, &event);
    }
    return ticket;
}

void Monitor::rearm(Ticket ticket, Clock::time_point due) {
    const std::scoped_lock lock(_mutex);
    const auto entry = _entries.find(ticket);
    if (entry != _entries.end()) {
        setDue(ticket, entry->second, due);
    }
}

void Monitor::forget(Ticket ticket) {
    const std::scoped_lock lock(_mutex);
    const auto entry = _entries.find(ticket);
    if (entry == _entries.end()) {
        return;
    }
    _alarms.erase({entry->second.due, ticket});
    if (entry->second.descriptor >= 0) {
        ::epoll_ctl(_epoll, EPOLL_CTL_DEL, entry->second.descriptor, nullptr);
    }
    _entries.erase(entry);
}

void Monitor::tearAll() {
    std::vector<std::shared_ptr<Watched>> all;
    {
        const std::scoped_lock lock(_mutex);
        for (const auto& [ticket, entry] : _entries) {
            all.push_back(entry.watched);
        }
    }
    for (const auto& watched : all) {
        watched->torn();
    }
}

void Monitor::setDue(Ticket ticket, Entry& entry, Clock::time_point due) {
    _alarms.erase({entry.due, ticket});
    entry.due = kNever;
    if (due == kNever) {
        return;
    }
    const auto alarm = _alarms.emplace(due, ticket).first;
    entry.due = due;
    if (alarm == _alarms.begin()) {
        wakeThread();
    }
}

void Monitor::wakeThread() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written =
        ::write(_wake, &one, sizeof one);  // full means that it is awake already
}

std::shared_ptr<Watched> Monitor::find(Ticket ticket) {
    const std::scoped_lock lock(_mutex);
    const auto entry = _entries.find(ticket);
    return entry == _entries.end() ? nullptr : entry->second.watched;
}

/// In milliseconds, rounded up; -1 for ever, -2 to stop.
int Monitor::timeToNextAlarm() {
    const std::scoped_lock lock(_mutex);
    if (_stopping) {
        return -2;
    }
    if (_alarms.empty()) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(_alarms.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

/// One that is due, which then has no alarm any more; null: there is none.
std::shared_ptr<Watched> Monitor::nextDue(Clock::time_point time) {
    const std::scoped_lock lock(_mutex);
    if (_alarms.empty() || _alarms.begin()->first > time) {
        return nullptr;
    }
    Entry& entry = _entries.at(_alarms.begin()->second);
    entry.due = kNever;
    _alarms.erase(_alarms.begin());
    return entry.watched;
}

void Monitor::ringAlarms() {
    const auto time = Clock::now();
    while (const auto watched = nextDue(time)) {
        watched->due();
    }
}

void Monitor::run() {
    std::array<epoll_event, 256> events{};
    for (int timeout = timeToNextAlarm(); timeout != -2; timeout = timeToNextAlarm()) {
        const int count = ::epoll_wait(_epoll, events.data(), events.size(), timeout);
        for (int i = 0; i < count; ++i) {
            const Ticket ticket = events[static_cast<std::size_t>(i)].data.u64;
            if (ticket == 0) {
                std::uint64_t rung = 0;
                [[maybe_unused]] const auto got = ::read(_wake, &rung, sizeof rung);
            } else if (const auto watched = find(ticket)) {
                watched->departed();
            }
        }
        ringAlarms();
    }
}

}  // namespace rtbatch
