#include "common/store/database_watch.h"

#include <Poco/Logger.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "common/store/greeting.h"
#include "common/store/store.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Between two looks.
constexpr auto kEvery = 1s;

/// How long a look waits. It may be long: a server that goes on after it hung answers who waits already.
constexpr std::chrono::milliseconds kShortestLook = 1s;
constexpr std::chrono::milliseconds kLongestLook = 5s;

Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.store");
}

}  // namespace

DatabaseWatch::DatabaseWatch(DatabaseUrl url, std::chrono::milliseconds timeout, Hooks hooks)
    : _url(std::move(url)),
      _lookTime(std::clamp(timeout, kShortestLook, kLongestLook)),
      _hooks(std::move(hooks)),
      _woken(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (_woken < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot set up the watch of the database");
    }
}

DatabaseWatch::~DatabaseWatch() {
    std::jthread thread;
    {
        const std::scoped_lock lock(_mutex);
        _stopping = true;
        _changed.notify_all();
        thread = std::move(_thread);
    }
    wake();
    if (thread.joinable()) {
        thread.join();
    }
    ::close(_woken);
}

void DatabaseWatch::check() const {
    if (_hangs) {
        throw StoreError(
            "the database (" + _url.describe() + ") does not answer; it is tried again every second",
            StoreError::Kind::noAnswer);
    }
    if (Clock::now() >= _end.load()) {
        throw StoreError("the program stops", StoreError::Kind::noAnswer);
    }
}

void DatabaseWatch::unanswered(Clock::time_point began) {
    if (_url.dialect != Dialect::mysql || _answeredAt.load() >= began || Clock::now() >= _end.load()) {
        return;
    }
    {
        const std::scoped_lock lock(_mutex);
        startLocked();
    }
    if (!_hangs.exchange(true)) {
        logger().error("the database (%s) does not answer: whatever needs it fails until it does",
                       _url.describe());
        _hooks.hangs();
    }
}

void DatabaseWatch::suspect() {
    if (_url.dialect != Dialect::mysql || _hangs) {
        return;
    }
    const std::scoped_lock lock(_mutex);
    _suspected = true;
    startLocked();
    _changed.notify_all();
}

void DatabaseWatch::start() {
    if (!_started) {
        const std::scoped_lock lock(_mutex);
        startLocked();
    }
}

void DatabaseWatch::startLocked() {
    if (!_stopping && !_started.exchange(true)) {
        _thread = std::jthread([this] { run(); });
    }
}

void DatabaseWatch::endAt(Clock::time_point end) {
    const std::scoped_lock lock(_mutex);
    _end = end;
    startLocked();
    _changed.notify_all();
    wake();  // a look that is under way would come back late
}

void DatabaseWatch::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(_woken, &one, sizeof one);
}

void DatabaseWatch::run() {
    std::unique_lock lock(_mutex);
    while (!_stopping) {
        const auto begun = Clock::now();
        const bool ends = begun >= _end.load();
        const bool doubtful = !ends && (std::exchange(_suspected, false) || _hangs);
        std::uint64_t woken = 0;  // what woke us before is seen; what comes from now on ends a look
        [[maybe_unused]] const auto got = ::read(_woken, &woken, sizeof woken);
        lock.unlock();
        if (ends) {
            _hooks.ended();
        } else {
            _hooks.everyLook();
        }
        if (doubtful) {
            look();
        }
        lock.lock();
        const auto end = _end.load();
        const auto next = begun + kEvery;
        _changed.wait_until(lock, end > Clock::now() ? std::min(next, end) : next,
                            [&] { return _stopping || _suspected || _end.load() != end; });
    }
}

void DatabaseWatch::look() {
    const auto began = Clock::now();
    const Greeting greeting = waitForGreeting(_url, _woken, Deadline::in(_lookTime));
    if (greeting != Greeting::missing) {
        if (_hangs.exchange(false)) {
            logger().notice("the database (%s) answers again", _url.describe());
        }
    } else if (Clock::now() < _end.load()) {
        unanswered(began);
    }
}

}  // namespace rtbatch
