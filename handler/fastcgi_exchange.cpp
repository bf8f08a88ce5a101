#include "handler/fastcgi_exchange.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "common/model/deadline.h"

namespace rtbatch {

namespace {

/// How long a web server may take to read what is beyond the socket's buffer.
constexpr std::chrono::seconds kSendTimeout{5};

iovec pieceOf(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

template <std::size_t size>
iovec pieceOf(const std::array<char, size>& bytes) {
    return pieceOf(std::string_view(bytes.data(), size));
}

/// Takes what was sent off the front.
std::span<iovec> rest(std::span<iovec> pieces, std::size_t sent) {
    while (!pieces.empty() && sent >= pieces.front().iov_len) {
        sent -= pieces.front().iov_len;
        pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) {
        pieces.front() =
            pieceOf(std::string_view(static_cast<char*>(pieces.front().iov_base), pieces.front().iov_len)
                        .substr(sent));
    }
    return pieces;
}

/// One system call, unless the socket's buffer is full.
bool sendAll(int connection, std::span<iovec> pieces) {
    while (!pieces.empty()) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        const ssize_t sent = ::sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            pieces = rest(pieces, static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            pollfd room{connection, POLLOUT, 0};
            const auto limit = std::chrono::milliseconds(kSendTimeout).count();
            if (::poll(&room, 1, static_cast<int>(limit)) == 0) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

FastCgiExchange::FastCgiExchange(FileDescriptor connection, FastCgiRequest request)
    : _connection(std::move(connection)), _request(std::move(request)) {}

std::string_view FastCgiExchange::param(const char* name) const {
    const std::string_view wanted = name;
    std::string_view pairs = _request.params;
    while (const auto pair = takeFastCgiPair(pairs)) {
        if (pair->first == wanted) {
            return pair->second;
        }
    }
    return {};
}

/// As one record, if it fits in one.
bool FastCgiExchange::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view content = bytes.substr(0, kMostFastCgiContent);
        const auto head = fastCgiHead(FastCgiType::stdOut, _request.id, content.size());
        std::array<iovec, 2> pieces{pieceOf(head), pieceOf(content)};
        if (!sendAll(_connection.get(), pieces)) {
            return false;
        }
        bytes.remove_prefix(content.size());
    }
    return true;
}

bool FastCgiExchange::finish(std::string_view bytes) {
    if (bytes.size() > kMostFastCgiContent) {
        const std::size_t first = bytes.size() - kMostFastCgiContent;
        if (!write(bytes.substr(0, first))) {
            return false;
        }
        bytes.remove_prefix(first);
    }
    const auto head = fastCgiHead(FastCgiType::stdOut, _request.id, bytes.size());
    const auto endOfOutput = fastCgiHead(FastCgiType::stdOut, _request.id, 0);
    const auto end = fastCgiEndRecord(_request.id, FastCgiEnd::complete);
    std::array<iovec, 4> pieces{pieceOf(head), pieceOf(bytes), pieceOf(endOfOutput), pieceOf(end)};
    if (!sendAll(_connection.get(), std::span(pieces).subspan(bytes.empty() ? 2 : 0))) {
        return false;
    }
    // What was left unread: the answer is whole, and the connection may end quietly. Who goes on sending has
    // no quiet end.
    std::array<char, 4096> unread;  // NOLINT(cppcoreguidelines-pro-type-member-init): thrown away
    static_cast<void>(::recv(_connection.get(), unread.data(), unread.size(), MSG_DONTWAIT));
    return true;
}

bool FastCgiExchange::drained() const {
    int unread = 0;
    return ::ioctl(_connection.get(), SIOCOUTQ, &unread) != 0 || unread == 0;
}

}  // namespace rtbatch
