#include "handler/acceptor.h"

#include <Poco/Logger.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "handler/counted_exchange.h"
#include "handler/fastcgi_exchange.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long accepting pauses when the system has no descriptor or memory to give.
constexpr auto kBackOff = 50ms;

/// How long those requests may take that are on their way when the program stops.
constexpr auto kStopPatience = 250ms;

/// How often it is looked whether there is room again, when too many requests are open.
constexpr auto kRoomLook = 20ms;

/// All threads have been busy, and none of them has finished, for so long: the attendant accepts too.
constexpr auto kBusyLook = 20ms;

/// A web server connects first and sends a moment later. Longer than this a thread does not wait for it.
constexpr auto kFirstBytes = 2ms;

constexpr auto kComplaintPause = 10s;

int millis(std::chrono::milliseconds span) {
    return static_cast<int>(span.count());
}

FileDescriptor makeEvent() {
    FileDescriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event.valid()) {
        throw std::system_error(errno, std::generic_category(), "cannot set up the acceptor");
    }
    return event;
}

void signal(const FileDescriptor& event) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
}

void clear(const FileDescriptor& event) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event.get(), &count, sizeof count);
}

/// Lets a connection wake this watch, alone among all threads and processes that sleep on the listener, and
/// as the last of them. Left in its place, the first one to come would be woken each time, and one process
/// would have all streams.
bool standLast(int watch, int listener) {
    epoll_event connection{.events = EPOLLIN | EPOLLEXCLUSIVE, .data = {}};
    ::epoll_ctl(watch, EPOLL_CTL_DEL, listener, nullptr);
    return ::epoll_ctl(watch, EPOLL_CTL_ADD, listener, &connection) == 0;
}

/// What a thread that accepts sleeps on: the listener and `stop`.
FileDescriptor watchOf(int listener, int stop) {
    FileDescriptor watch(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event end{.events = EPOLLIN, .data = {}};
    if (!watch.valid() || !standLast(watch.get(), listener) ||
        ::epoll_ctl(watch.get(), EPOLL_CTL_ADD, stop, &end) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot watch for connections");
    }
    return watch;
}

}  // namespace

class Acceptor::Accepting {
public:
    explicit Accepting(Acceptor& acceptor) : _acceptor(acceptor) {
        ++_acceptor._accepting;
        _acceptor._accepting.notify_all();
    }
    ~Accepting() {
        if (--_acceptor._accepting == 0 && !_acceptor._watched.exchange(true)) {
            _acceptor.wake();
        }
        _acceptor._accepting.notify_all();
    }
    Accepting(const Accepting&) = delete;
    Accepting& operator=(const Accepting&) = delete;

private:
    Acceptor& _acceptor;
};

Acceptor::Acceptor(Listener& listener, int threads, ConnectionCount& connections, int maxConnections,
                   Handle handle)
    : _listener(listener),
      _connections(connections),
      _maxConnections(maxConnections),
      _handle(std::move(handle)),
      _stopEvent(makeEvent()),
      _attendEvent(makeEvent()) {
    for (int i = 0; i < threads; ++i) {
        _takers.emplace_back([this] { take(); });
    }
    _attendant = std::jthread([this] { attend(); });
}

Acceptor::~Acceptor() {
    stop();
}

void Acceptor::stop() {
    _stopping = true;
    signal(_stopEvent);
    wake();
    if (_attendant.joinable()) {
        _attendant.join();
    }
    for (int accepting = _accepting; accepting != 0; accepting = _accepting) {
        _accepting.wait(accepting);
    }
}

/// Whatever is thrown (there is no memory, most likely) costs one connection, never the thread.
void Acceptor::take() {
    FileDescriptor watch;
    bool served = false;  // since it last slept
    while (!_stopping) {
        try {
            FileDescriptor connection;
            {
                const Accepting accepting(*this);
                if (!_stopping) {
                    if (!watch.valid()) {
                        watch = watchOf(_listener.descriptor(), _stopEvent.get());
                    }
                    connection = next(watch.get(), std::exchange(served, false));
                }
            }
            if (connection.valid()) {
                served = true;
                receive(std::move(connection), true);
                ++_handled;
            }
        } catch (const std::exception& error) {
            ++_handled;
            watch = FileDescriptor();  // it may be of no use
            complain("dropped a connection", error.what());
            backOff();
        }
    }
}

/// Accepts a connection, which under load is there already, or sleeps until something has come.
FileDescriptor Acceptor::next(int watch, bool served) {
    if (!hasRoom()) {
        pollfd stop{_stopEvent.get(), POLLIN, 0};
        ::poll(&stop, 1, millis(kRoomLook));
        return {};
    }
    FileDescriptor connection = accept();
    if (!connection.valid() && !_stopping) {
        if (served && !standLast(watch, _listener.descriptor())) {
            throw std::system_error(errno, std::generic_category(), "cannot watch for connections");
        }
        epoll_event event{};
        ::epoll_wait(watch, &event, 1, -1);
    }
    return connection;
}

bool Acceptor::hasRoom() const {
    return _connections.value() < _maxConnections;
}

FileDescriptor Acceptor::accept() {
    FileDescriptor connection(::accept4(_listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        complain("cannot accept", std::string(std::strerror(errno)) + "; raise the limit of open files");
        backOff();
    }
    return connection;  // else there is none, or it has gone, or another process took it
}

/// Reads the request and handles it, or leaves the connection to the attendant.
void Acceptor::receive(FileDescriptor connection, bool mayWait) {
    Arrival arrival(std::move(connection));
    const char* fault = nullptr;
    switch (arrival.receive(mayWait ? kFirstBytes : 0ms, fault)) {
        case Arrival::Progress::waits:
            leave(std::move(arrival));
            break;
        case Arrival::Progress::whole:
            handle(arrival.takeConnection(), arrival.takeRequest(), mayWait);
            break;
        case Arrival::Progress::over:
            if (fault != nullptr) {
                complain("closed a connection", fault);
            }
            break;
    }
}

void Acceptor::leave(Arrival arrival) {
    {
        const std::scoped_lock lock(_mutex);
        _late.push_back(std::move(arrival));
    }
    wake();
}

void Acceptor::handle(FileDescriptor connection, FastCgiRequest request, bool mayWait) {
    _handle(std::make_unique<CountedExchange>(
                std::make_unique<FastCgiExchange>(std::move(connection), std::move(request)), _connections),
            mayWait);
}

void Acceptor::attend() {
    bool stopSeen = false;
    bool relieve = false;
    unsigned handled = 0;
    while (!stopSeen || (!_arrivals.empty() && !_stopBy.passed())) {
        try {
            attendOnce(relieve);
        } catch (const std::exception& error) {
            complain("dropped a connection", error.what());
            backOff();
        }
        if (_stopping && !std::exchange(stopSeen, true)) {
            _stopBy = Deadline::in(kStopPatience);
        }
        const bool busy = _accepting == 0;
        const unsigned now = _handled;
        relieve = busy && now == handled;
        handled = now;
        if (!busy) {
            _watched = false;
            // One that got busy before that has not said so.
            _watched = _accepting == 0;
        }
    }
}

/// Sleeps until there is something to do, and does it.
void Acceptor::attendOnce(bool relieve) {
    {
        const std::scoped_lock lock(_mutex);
        for (Arrival& arrival : _late) {
            _arrivals.add(std::move(arrival));
        }
        _late.clear();
    }
    Deadline until = _stopBy;
    if (!_arrivals.empty()) {
        until = until.sooner(_arrivals.deadline());
    }
    if (_watched) {
        until = until.sooner(Deadline::in(kBusyLook));
    }
    _polled.clear();
    _polled.push_back({_attendEvent.get(), POLLIN, 0});
    _polled.push_back({relieve && !_stopping && hasRoom() ? _listener.descriptor() : -1, POLLIN, 0});
    const std::size_t own = _polled.size();
    _arrivals.poll(_polled);
    const bool forEver = until.when() == Deadline::Clock::time_point::max();
    ::poll(_polled.data(), _polled.size(), forEver ? -1 : static_cast<int>(until.left().count()));
    if (_polled[0].revents != 0) {
        clear(_attendEvent);
    }
    const char* fault = _arrivals.receive(std::span(_polled).subspan(own),
                                          [this](FileDescriptor connection, FastCgiRequest request) {
                                              handle(std::move(connection), std::move(request), false);
                                          });
    if (fault != nullptr) {
        complain("closed a connection", fault);
    }
    if (_polled[1].revents != 0) {
        if (FileDescriptor connection = accept(); connection.valid()) {
            receive(std::move(connection), false);
        }
    }
}

void Acceptor::wake() const {
    signal(_attendEvent);
}

void Acceptor::backOff() const {
    pollfd stop{_stopEvent.get(), POLLIN, 0};
    ::poll(&stop, 1, millis(kBackOff));
}

/// Once in a while: whoever can connect could fill the log else.
void Acceptor::complain(const char* what, const std::string& why) noexcept {
    try {
        const auto now = Deadline::Clock::now();
        {
            const std::scoped_lock lock(_mutex);
            if (now < _mayComplainFrom) {
                return;
            }
            _mayComplainFrom = now + kComplaintPause;
        }
        Poco::Logger::get("rtbatch.acceptor").warning("%s: %s", std::string(what), why);
    } catch (const std::exception&) {
        return;  // no memory for saying that there is none
    }
}

}  // namespace rtbatch
