#include "handler/cgi_exchange.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <optional>

#include "handler/response.h"

namespace rtbatch {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

Problem cutShort() {
    return {400, "bad_request", "The body is shorter than its Content-Length says."};
}

/// Waits for one of `events`, an error or a hang-up; false when the deadline comes first.
bool waitFor(int descriptor, short events, Deadline deadline) {
    for (;;) {
        pollfd polled{descriptor, events, 0};
        const int count = ::poll(&polled, 1, static_cast<int>(deadline.left().count()));
        if (count != 0 && !(count < 0 && errno == EINTR)) {
            return count > 0;
        }
        if (deadline.passed()) {
            return false;
        }
    }
}

std::optional<std::size_t> parseLength(std::string_view text) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return length;
}

std::string hexadecimal(std::size_t number) {
    std::array<char, 16> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

}  // namespace

CgiExchange::CgiExchange(int in, int out, std::chrono::milliseconds patience)
    : _in(in), _out(out), _inKind(kindOf(in)), _outKind(kindOf(out)), _patience(patience) {}

CgiExchange::Kind CgiExchange::kindOf(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return Kind::other;
    }
    return S_ISFIFO(status.st_mode) ? Kind::pipe : S_ISSOCK(status.st_mode) ? Kind::socket : Kind::other;
}

std::string_view CgiExchange::param(const char* name) const {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

void CgiExchange::receive(Deadline deadline) {
    const std::string_view text = param("CONTENT_LENGTH");
    if (!text.empty()) {
        const auto length = parseLength(text);
        if (!length) {
            throw Problem(400, "bad_request", "The Content-Length is not a number.");
        }
        const std::size_t most = std::min(*length, kMaxCgiBody);
        const bool leave = _inKind == Kind::socket && most > 0;
        if (!read(leave ? most - 1 : most, false, deadline) || (leave && !read(1, true, deadline))) {
            throw cutShort();
        }
    } else if (!param("HTTP_TRANSFER_ENCODING").empty()) {
        read(kMaxCgiBody, false, deadline);
    }
}

/// Appends up to `most` bytes to the body, and leaves them in the socket when told to. False when the body
/// ends before.
bool CgiExchange::read(std::size_t most, bool leave, Deadline deadline) {
    std::array<char, 4096>
        buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    while (most > 0) {
        if (!waitFor(_in.get(), POLLIN, deadline)) {
            throw Problem(408, "request_timeout", "The request did not arrive in time.");
        }
        const std::size_t piece = std::min(most, buffer.size());
        const ssize_t got = leave ? ::recv(_in.get(), buffer.data(), piece, MSG_PEEK)
                                  : ::read(_in.get(), buffer.data(), piece);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
            return false;
        }
        if (got > 0) {
            _body.append(buffer.data(), static_cast<std::size_t>(got));
            most -= static_cast<std::size_t>(got);
        }
    }
    return true;
}

bool CgiExchange::write(std::string_view bytes) {
    if (!_begun || _chunked) {
        return writeAll(framed(bytes));
    }
    return writeAll(bytes);
}

/// What goes to the web server for these bytes. The first ones hold the whole head. An answer without a
/// length goes to lighttpd in chunks, which it takes out again for HTTP/1.0 and HTTP/2.
std::string CgiExchange::framed(std::string_view bytes) {
    std::string out;
    if (!_begun) {
        _begun = true;
        const std::size_t end = bytes.find(kHeadEnd);
        const std::string_view head = bytes.substr(0, end);
        _chunked = param("SERVER_SOFTWARE").starts_with("lighttpd/") && end != std::string_view::npos &&
                   head.find("\r\nContent-Length:") == std::string_view::npos;
        if (!_chunked) {
            return std::string(bytes);
        }
        out.append(head).append("\r\nTransfer-Encoding: chunked").append(kHeadEnd);
        bytes.remove_prefix(end + kHeadEnd.size());
    }
    if (!bytes.empty()) {
        out.append(hexadecimal(bytes.size())).append("\r\n").append(bytes).append("\r\n");
    }
    return out;
}

bool CgiExchange::writeAll(std::string_view bytes) {
    const Deadline deadline = Deadline::in(_patience);
    while (!bytes.empty()) {
        if (!waitFor(_out.get(), POLLOUT, deadline)) {
            return false;
        }
        const ssize_t written =
            _outKind == Kind::socket
                ? ::send(_out.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                : ::write(_out.get(), bytes.data(), roomFor(bytes.size()));
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return true;
}

/// How many of `size` bytes can be written now and will not block. A pipe that polls as writable takes
/// PIPE_BUF, and an empty one all that it holds. (O_NONBLOCK would outlast us where others have the pipe
/// too.)
std::size_t CgiExchange::roomFor(std::size_t size) const {
    if (_outKind != Kind::pipe) {
        return size;
    }
    const int all = drained() ? ::fcntl(_out.get(), F_GETPIPE_SZ) : 0;
    return std::min(size, static_cast<std::size_t>(std::max(all, PIPE_BUF)));
}

bool CgiExchange::drained() const {
    int unread = 0;
    if (_outKind == Kind::other) {
        return true;
    }
    return ::ioctl(_out.get(), _outKind == Kind::pipe ? FIONREAD : SIOCOUTQ, &unread) != 0 || unread == 0;
}

/// A file has no reader who could leave, and epoll takes none.
int CgiExchange::descriptor() const {
    return _outKind == Kind::other ? -1 : _out.get();
}

bool CgiExchange::finish(std::string_view bytes) {
    if (!(bytes.empty() || write(bytes)) || !(!_chunked || writeAll("0\r\n\r\n"))) {
        return false;
    }
    if (_inKind == Kind::socket) {
        std::array<char, 512> rest;  // NOLINT(cppcoreguidelines-pro-type-member-init): thrown away
        while (::recv(_in.get(), rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
        }
    }
    _in = FileDescriptor();
    _out = FileDescriptor();
    return true;
}

}  // namespace rtbatch
