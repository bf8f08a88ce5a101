#include "tests/clients/segmenting_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>

namespace rtbatch {

namespace {

using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

constexpr std::size_t kReadSize = 65536;
constexpr std::size_t kMaxConnections = 1000;
constexpr int kBacklog = 512;

int descriptor(const Poco::Net::Socket& socket) {
    return static_cast<int>(socket.impl()->sockfd());
}

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

SegmentingProxy::SegmentingProxy(std::uint16_t targetPort, Options options)
    : _targetPort(targetPort),
      _options(options),
      _listener(SocketAddress("127.0.0.1", options.port), kBacklog),
      _stopEvent(::eventfd(0, EFD_CLOEXEC)) {
    if (_stopEvent < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    _listener.setBlocking(false);
    _thread = std::thread([this] { run(); });
}

SegmentingProxy::~SegmentingProxy() {
    ::eventfd_write(_stopEvent, 1);
    _thread.join();
    ::close(_stopEvent);
}

std::uint16_t SegmentingProxy::port() const {
    return _listener.address().port();
}

void SegmentingProxy::accept() {
    try {
        StreamSocket client = _listener.acceptConnection();
        ++_connections;
        StreamSocket server{SocketAddress("127.0.0.1", _targetPort)};
        for (StreamSocket* socket : {&client, &server}) {
            socket->setNoDelay(true);
            socket->setBlocking(false);
        }
        _open.push_back({.up = {.from = client, .to = server}, .down = {.from = server, .to = client}});
    } catch (const Poco::Exception&) {
        // The client has gone again, or the target is away: the client sees its connection closed.
        return;
    }
}

/// Reads when nothing waits, and writes one segment when it is due.
void SegmentingProxy::advance(Flow& flow, Clock::time_point now) {
    if (!flow.pending() && !flow.ended) {
        flow.bytes.resize(kReadSize);
        flow.written = 0;
        const ssize_t got = ::recv(descriptor(flow.from), flow.bytes.data(), flow.bytes.size(), 0);
        flow.ended = got == 0 || (got < 0 && !wouldBlock());
        flow.bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    if (flow.pending() && now >= flow.due) {
        const std::size_t size = std::min(_options.segment, flow.bytes.size() - flow.written);
        const ssize_t sent =
            ::send(descriptor(flow.to), flow.bytes.data() + flow.written, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            flow.written += static_cast<std::size_t>(sent);
            flow.due = now + _options.pause;
            ++_segments;
        } else if (sent < 0 && !wouldBlock()) {
            flow.bytes.clear();
            flow.written = 0;
            flow.ended = true;
            ::shutdown(descriptor(flow.from), SHUT_RDWR);
        }
    }
    if (flow.ended && !flow.pending() && !flow.finished) {
        ::shutdown(descriptor(flow.to), SHUT_WR);
        flow.finished = true;
    }
}

std::chrono::nanoseconds SegmentingProxy::untilNextDue(Clock::time_point now) const {
    std::chrono::nanoseconds wait = std::chrono::seconds(1);
    for (const Connection& connection : _open) {
        for (const Flow* flow : {&connection.up, &connection.down}) {
            if (flow->pending() && flow->due > now) {
                wait = std::min<std::chrono::nanoseconds>(wait, flow->due - now);
            }
        }
    }
    return wait;
}

void SegmentingProxy::run() {
    std::vector<pollfd> watched;
    for (;;) {
        watched.clear();
        watched.push_back({.fd = _stopEvent, .events = POLLIN, .revents = 0});
        const bool full = _open.size() >= kMaxConnections;
        watched.push_back({.fd = full ? -1 : descriptor(_listener), .events = POLLIN, .revents = 0});
        const auto now = Clock::now();
        for (const Connection& connection : _open) {
            for (const Flow* flow : {&connection.up, &connection.down}) {
                if (!flow->pending() && !flow->ended) {
                    watched.push_back({.fd = descriptor(flow->from), .events = POLLIN, .revents = 0});
                } else if (flow->pending() && flow->due <= now) {
                    watched.push_back({.fd = descriptor(flow->to), .events = POLLOUT, .revents = 0});
                }
            }
        }
        const auto wait = untilNextDue(now).count();
        const timespec limit{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
        ::ppoll(watched.data(), watched.size(), &limit, nullptr);

        if ((watched[0].revents & POLLIN) != 0) {
            return;
        }
        if ((watched[1].revents & POLLIN) != 0) {
            accept();
        }
        const auto after = Clock::now();
        for (Connection& connection : _open) {
            advance(connection.up, after);
            advance(connection.down, after);
        }
        _open.remove_if([](const Connection& c) { return c.up.finished && c.down.finished; });
    }
}

}  // namespace rtbatch
