#include "handler/acceptor.h"

#include <Poco/Logger.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "common/model/deadline.h"
#include "handler/counted_exchange.h"
#include "handler/fastcgi_exchange.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long accepting pauses when the system has no descriptor or memory to give.
constexpr int kBackOffMs = 50;

/// How long a web server may take between two pieces of its request, and to take what we send it.
constexpr timeval kSocketPatience{.tv_sec = 5, .tv_usec = 0};

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
        if (_connections.value() >= _maxConnections) {
            _connections.waitForRoom(_maxConnections, Deadline::in(100ms));
        } else if (waitFor(-1, true)) {
            acceptOne();
        }
    }
}

/// Sleeps until a connection waits, the time is over, or stop(). True when a connection waits.
bool Acceptor::waitFor(int milliseconds, bool forConnection) const {
    std::array<pollfd, 2> polled{pollfd{_wake, POLLIN, 0}, pollfd{_listener.descriptor(), POLLIN, 0}};
    ::poll(polled.data(), forConnection ? 2 : 1, milliseconds);
    return polled[1].revents != 0;
}

void Acceptor::acceptOne() {
    const int connection = ::accept4(_listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            Poco::Logger::get("rtbatch.acceptor")
                .warning("cannot accept: %s; raise the limit of open files",
                         std::string(std::strerror(errno)));
            waitFor(kBackOffMs, false);
        }
        return;  // else the connection has gone, or another process took it
    }
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kSocketPatience, sizeof kSocketPatience);
    ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kSocketPatience, sizeof kSocketPatience);
    _connections.add();
    _workers.post([this, connection] {
        std::unique_ptr<Exchange> exchange = FastCgiExchange::open(connection);
        if (exchange) {
            _handle(std::make_unique<CountedExchange>(std::move(exchange), _connections));
        } else {
            _connections.remove();
        }
    });
}

}  // namespace rtbatch
