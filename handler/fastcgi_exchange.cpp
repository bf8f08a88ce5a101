#include "handler/fastcgi_exchange.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "common/model/deadline.h"
#include "handler/fastcgi_record.h"

namespace rtbatch {

namespace {

/// How long a web server may take to read what is beyond the socket's buffer, which holds a whole answer.
constexpr auto kWritePatience = std::chrono::seconds(5);

iovec pieceOf(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT: iovec serves reading, too
}

/// Forgets the first `count` bytes.
void advance(std::array<iovec, 2>& pieces, std::size_t count) {
    for (iovec& piece : pieces) {
        const std::size_t sent = std::min(count, piece.iov_len);
        piece.iov_base = static_cast<char*>(piece.iov_base) + sent;
        piece.iov_len -= sent;
        count -= sent;
    }
}

}  // namespace

bool FastCgiExchange::write(std::string_view bytes) {
    while (!bytes.empty() && !_failed) {
        const std::string_view content = bytes.substr(0, kMostFastCgiContent);
        const std::string head = fastCgiHead(FastCgiType::stdOut, _request.id, content.size());
        _failed = !send({pieceOf(head), pieceOf(content)});
        bytes.remove_prefix(content.size());
    }
    return !_failed;
}

/// In one piece, if the socket's buffer has room for it.
bool FastCgiExchange::send(std::array<iovec, 2> pieces) {
    const Deadline deadline = Deadline::in(kWritePatience);
    while (pieces[0].iov_len + pieces[1].iov_len > 0) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        const ssize_t sent = ::sendmsg(_connection.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            advance(pieces, static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            pollfd room{_connection.get(), POLLOUT, 0};
            ::poll(&room, 1, static_cast<int>(deadline.left().count()));
            if (deadline.passed()) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool FastCgiExchange::drained() const {
    int unread = 0;
    return ::ioctl(_connection.get(), SIOCOUTQ, &unread) != 0 || unread == 0;
}

void FastCgiExchange::finish() {
    const std::string end = fastCgiRecord(FastCgiType::stdOut, _request.id, {});
    const std::string last = fastCgiEndRecord(_request.id, FastCgiEnd::complete);
    send({pieceOf(end), pieceOf(last)});
    // What was left unread: the answer is whole, and the connection may end quietly. Who goes on sending has
    // no quiet end.
    std::array<char, 4096> rest;  // NOLINT(cppcoreguidelines-pro-type-member-init): thrown away
    static_cast<void>(::recv(_connection.get(), rest.data(), rest.size(), MSG_DONTWAIT));
}

}  // namespace rtbatch
