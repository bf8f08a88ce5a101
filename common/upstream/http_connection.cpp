#include "common/upstream/http_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "common/upstream/request_fault.h"
#include "common/upstream/resolver.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

std::string errorText(int error) {
    return std::generic_category().message(error);
}

/// Connects to one address; 0 or the errno of why not.
int connectTo(const Poco::Net::SocketAddress& address, Deadline limit, const Patience& patience,
              FileDescriptor& socket) {
    // CLOEXEC from the start: another thread may be spawning a child right now.
    socket = FileDescriptor(::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket.valid()) {
        return errno;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), address.addr(), address.length()) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        return errno;
    }
    if (!patience.waitFor(socket.get(), POLLOUT, limit)) {
        return ETIMEDOUT;
    }
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

Attempt plainRead(int fd, std::span<char> into) {
    const auto got = ::recv(fd, into.data(), into.size(), 0);
    if (got >= 0) {
        return {.bytes = static_cast<std::size_t>(got), .end = got == 0};
    }
    if (errno == EAGAIN || errno == EINTR) {
        return {.wants = POLLIN};
    }
    throw RequestFault(Kind::broken, "broke off its answer: " + errorText(errno));
}

Attempt plainWrite(int fd, std::string_view from) {
    const auto sent = ::send(fd, from.data(), from.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
        return {.bytes = static_cast<std::size_t>(sent)};
    }
    if (errno == EAGAIN || errno == EINTR) {
        return {.wants = POLLOUT};
    }
    throw RequestFault(Kind::broken, "did not take the request: " + errorText(errno));
}

}  // namespace

std::unique_ptr<HttpConnection> HttpConnection::open(const Site& site, const std::shared_ptr<TlsContext>& tls,
                                                     const TlsSession& session, StepLimits limits,
                                                     const Patience& patience) {
    patience.check();
    std::string reason;
    for (const auto& address : resolve(site.host, site.port, patience)) {
        FileDescriptor socket;
        const int error = connectTo(address, Deadline::in(limits.connect), patience, socket);
        if (error != 0) {
            reason = address.toString() + ": " + errorText(error);
            continue;
        }
        const int fd = socket.get();
        auto connection = std::make_unique<HttpConnection>(std::move(socket), limits);
        if (tls) {
            connection->_tls = std::make_unique<TlsChannel>(tls, fd, site.host, session);
            connection->shakeHands(patience);
        }
        return connection;
    }
    throw RequestFault(Kind::broken, "could not be reached (" + reason + ")");
}

void HttpConnection::shakeHands(const Patience& patience) {
    const Deadline limit = Deadline::in(_limits.connect);
    for (;;) {
        const Attempt attempt = _tls->handshake();
        if (attempt.end) {
            throw RequestFault(Kind::broken, "ended the TLS handshake");
        }
        if (attempt.wants == 0) {
            return;
        }
        if (!patience.waitFor(_socket.get(), attempt.wants, limit)) {
            throw RequestFault(Kind::broken, "could not be reached (the TLS handshake takes too long)");
        }
    }
}

void HttpConnection::write(std::string_view all, const Patience& patience) {
    const Deadline limit = Deadline::in(_limits.silence);
    while (!all.empty()) {
        patience.check();
        const Attempt attempt = _tls ? _tls->write(all) : plainWrite(_socket.get(), all);
        if (attempt.end) {
            throw RequestFault(Kind::broken, "closed the connection without an answer");
        }
        all.remove_prefix(attempt.bytes);
        if (attempt.wants != 0 && !patience.waitFor(_socket.get(), attempt.wants, limit)) {
            throw RequestFault(Kind::timeout, "does not take the request");
        }
    }
}

std::size_t HttpConnection::read(std::span<char> into, const Patience& patience) {
    const Deadline limit = Deadline::in(_limits.silence);
    for (;;) {
        // Not only before a wait: a peer that always has something to send never lets us wait.
        patience.check();
        const Attempt attempt = _tls ? _tls->read(into) : plainRead(_socket.get(), into);
        if (attempt.bytes > 0 || attempt.end) {
            return attempt.bytes;
        }
        if (!patience.waitFor(_socket.get(), attempt.wants, limit)) {
            throw RequestFault(Kind::timeout, "has fallen silent");
        }
    }
}

bool HttpConnection::quiet() const {
    pollfd poll{_socket.get(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll, 1, 0) == 0;
}

}  // namespace rtbatch
