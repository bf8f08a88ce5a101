#include "tests/upstreams/wire.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketImpl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace rtbatch::standin {

namespace {

using Clock = std::chrono::steady_clock;

constexpr short kDeparture = POLLRDHUP | POLLHUP | POLLERR;
constexpr int kSendTimeoutSeconds = 30;  // a client that no longer reads counts as gone
constexpr std::size_t kPiece = 64 * 1024UL;

int pollTimeout(std::optional<Clock::time_point> until) {
    if (!until) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

bool peerIsGone(int socket) {
    pollfd entry{socket, POLLRDHUP, 0};
    return poll(&entry, 1, 0) > 0 && (entry.revents & kDeparture) != 0;
}

Wire::Wire(const Poco::Net::StreamSocket& socket, int stopped) : _socket(socket), _stopped(stopped) {
    _socket.setNoDelay(true);  // the last byte of a reply goes by itself and must not wait for an ACK
    _socket.setSendTimeout(Poco::Timespan(kSendTimeoutSeconds, 0));
}

int Wire::descriptor() const {
    return static_cast<int>(_socket.impl()->sockfd());
}

void Wire::wait(std::optional<std::chrono::milliseconds> span) {
    const auto until = span ? std::optional(Clock::now() + *span) : std::nullopt;
    std::array<pollfd, 2> entries{pollfd{descriptor(), POLLRDHUP, 0}, pollfd{_stopped, POLLIN, 0}};
    while (true) {
        const int ready = poll(entries.data(), entries.size(), pollTimeout(until));
        if (ready == 0) {
            return;
        }
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (entries[1].revents != 0) {
            throw Stopping();
        }
        throw ClientGone();
    }
}

void Wire::send(std::string_view bytes) {
    try {
        while (!bytes.empty()) {
            const int wanted = static_cast<int>(std::min(bytes.size(), kPiece));
            const int sent = _socket.sendBytes(bytes.data(), wanted);
            if (sent <= 0) {
                throw ClientGone();
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    } catch (const Poco::Exception&) {
        throw ClientGone();
    }
}

void Wire::reset() {
    _socket.setLinger(true, 0);
    _socket.close();
}

void Wire::finish() {
    try {
        _socket.shutdownSend();
    } catch (const Poco::Exception&) {
        return;  // the client was faster
    }
}

}  // namespace rtbatch::standin
