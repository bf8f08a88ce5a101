#include "tests/cases/wire_client.h"

#include <Poco/Net/StreamSocket.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace rtbatch::test {
namespace {

bool isOnlyBusy() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Received exchange(const Endpoint& where, const Case& wanted, std::chrono::milliseconds limit) {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", where.port));
    socket.setBlocking(false);
    const int fd = socket.impl()->sockfd();
    const std::string request = wanted.request.onTheWire();
    std::string_view unsent = request;
    const Clock::time_point until = Clock::now() + limit;
    Received received;
    while (!received.closed && (wanted.raw || !answerTo(wanted, received)) && Clock::now() < until) {
        pollfd polled{
            .fd = fd, .events = static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT), .revents = 0};
        ::poll(&polled, 1, 200);
        if (!unsent.empty() && (polled.revents & POLLOUT) != 0) {
            const ssize_t sent = ::send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                unsent.remove_prefix(static_cast<std::size_t>(sent));
            } else if (!isOnlyBusy()) {
                unsent = {};  // the server takes no more; what it said of it is there to be read
            }
        }
        std::array<char, 65536> buffer{};
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count > 0) {
            received.bytes.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || !isOnlyBusy()) {
            received.closed = true;
        }
    }
    return received;
}

}  // namespace rtbatch::test
