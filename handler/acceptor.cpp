#include "handler/acceptor.h"

#include <Poco/Logger.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "handler/counted_exchange.h"
#include "handler/fastcgi_exchange.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long accepting pauses when the system has no descriptor or memory to give.
constexpr int kBackOffMs = 50;

/// How long those requests may take that are on their way when the program stops.
constexpr auto kStopPatience = 250ms;

/// How often it is looked whether there is room again, when too many requests are open.
constexpr auto kRoomLook = 20ms;

constexpr auto kComplaintPause = 10s;

/// What is polled besides the arrivals: the wake-up descriptor and the listener.
constexpr std::size_t kOwnPolled = 2;

/// How long a web server may take to read what is beyond the socket's buffer.
constexpr timeval kSendTimeout{.tv_sec = 5, .tv_usec = 0};

/// Room for a whole answer, so that no worker waits for a web server that does not read.
constexpr int kSendBuffer = 256 * 1024;

}  // namespace

Acceptor::Acceptor(Listener& listener, WorkerPool& workers, ConnectionCount& connections, int maxConnections,
                   Handle handle)
    : _listener(listener),
      _workers(workers),
      _connections(connections),
      _maxConnections(maxConnections),
      _handle(std::move(handle)),
      _wake(::eventfd(0, EFD_CLOEXEC)) {
    if (_wake < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot set up the acceptor");
    }
    _thread = std::jthread([this] { run(); });
}

Acceptor::~Acceptor() {
    stop();
    ::close(_wake);
}

void Acceptor::stop() {
    _stopping = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(_wake, &one, sizeof one);
    if (_thread.joinable()) {
        _thread.join();
    }
}

void Acceptor::run() {
    while (!_stopping) {
        turn();
    }
    _stopBy = Deadline::in(kStopPatience);
    while (!_arrivals.empty() && !_stopBy.passed()) {
        turn();
    }
}

/// Whatever is thrown (there is no memory, most likely) costs one connection, never the thread.
void Acceptor::turn() {
    try {
        waitForNews();
        const char* fault = _arrivals.receive(std::span(_polled).subspan(kOwnPolled),
                                              [this](FileDescriptor connection, FastCgiRequest request) {
                                                  handOn(std::move(connection), std::move(request));
                                              });
        if (fault != nullptr) {
            complain("closed a connection", fault);
        }
        if (_polled[1].revents != 0) {
            acceptOne();
        }
    } catch (const std::exception& error) {
        complain("dropped a connection", error.what());
        backOff();
    }
}

/// Sleeps until something has come, a connection's time is over, or stop().
void Acceptor::waitForNews() {
    const bool room = !_stopping && _connections.value() < _maxConnections;
    Deadline until = _stopBy;
    if (!_arrivals.empty()) {
        until = until.sooner(_arrivals.deadline());
    }
    if (!room) {
        until = until.sooner(Deadline::in(kRoomLook));
    }
    _polled.clear();
    _polled.push_back({_stopping ? -1 : _wake, POLLIN, 0});
    _polled.push_back({room ? _listener.descriptor() : -1, POLLIN, 0});
    _arrivals.poll(_polled);
    const bool forEver = until.when() == Deadline::Clock::time_point::max();
    ::poll(_polled.data(), _polled.size(), forEver ? -1 : static_cast<int>(until.left().count()));
}

void Acceptor::acceptOne() {
    FileDescriptor connection(::accept4(_listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.valid()) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            complain("cannot accept", std::string(std::strerror(errno)) + "; raise the limit of open files");
            backOff();
        }
        return;  // else the connection has gone, or another process took it
    }
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout);
    _arrivals.add(std::move(connection));
}

void Acceptor::handOn(FileDescriptor connection, FastCgiRequest request) {
    // A task can be copied, and an exchange cannot.
    auto exchange = std::make_shared<std::unique_ptr<Exchange>>(std::make_unique<CountedExchange>(
        std::make_unique<FastCgiExchange>(std::move(connection), std::move(request)), _connections));
    _workers.post([this, exchange] { _handle(std::move(*exchange)); });
}

void Acceptor::backOff() const {
    pollfd wake{_stopping ? -1 : _wake, POLLIN, 0};
    ::poll(&wake, 1, kBackOffMs);
}

/// Once in a while: whoever can connect could fill the log else.
void Acceptor::complain(const char* what, const std::string& why) noexcept {
    const auto now = Deadline::Clock::now();
    if (now < _complained + kComplaintPause) {
        return;
    }
    _complained = now;
    try {
        Poco::Logger::get("rtbatch.acceptor").warning("%s: %s", std::string(what), why);
    } catch (const std::exception&) {
        // No memory for saying that there is none.
    }
}

}  // namespace rtbatch
