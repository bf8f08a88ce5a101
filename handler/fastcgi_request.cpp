#include "handler/fastcgi_request.h"

#include <fastcgi.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace rtbatch {

namespace {

/// Of a record's head (FastCGI specification, 3.3), as much as is read before the record is known to be the
/// last.
constexpr std::size_t kHeadStart = 6;
constexpr std::size_t kHeadRest = FCGI_HEADER_LEN - kHeadStart;

/// Appends exactly `count` bytes; false when they do not come.
bool receive(int connection, std::size_t count, std::string& bytes) {
    const std::size_t end = bytes.size() + count;
    std::size_t at = bytes.size();
    bytes.resize(end);
    while (at < end) {
        const ssize_t got = ::recv(connection, bytes.data() + at, end - at, MSG_WAITALL);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return true;
}

}  // namespace

std::optional<std::string> receiveRequest(int connection, Deadline deadline) {
    std::string bytes;
    std::size_t record = 0;  // where the current one starts
    // What a step reads is what is left of one record and the start of the next one's head.
    std::size_t missing = kHeadStart;
    while (bytes.size() < kMaxFastCgiRequest && !deadline.passed() && receive(connection, missing, bytes)) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[record + i]); };
        const std::size_t content = static_cast<std::size_t>(byte(4)) << 8 | byte(5);
        if (byte(0) != FCGI_VERSION_1) {
            return std::nullopt;
        }
        if (byte(1) == FCGI_STDIN && content == 0) {
            bytes.append(kHeadRest, '\0');  // no padding: what is left unread is not looked at
            return bytes;
        }
        if (!receive(connection, kHeadRest, bytes)) {
            return std::nullopt;
        }
        const std::size_t padding = static_cast<unsigned char>(bytes[record + kHeadStart]);
        record += FCGI_HEADER_LEN + content + padding;
        missing = content + padding + kHeadStart;
    }
    return std::nullopt;
}

void receiveRest(int connection) {
    std::array<char, 512> rest;  // NOLINT(cppcoreguidelines-pro-type-member-init): thrown away
    while (::recv(connection, rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
    }
}

}  // namespace rtbatch
