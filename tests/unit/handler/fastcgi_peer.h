#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace rtbatch::test {

// A web server's side of FastCGI (specification, 3.3 and 8), written down here a second time.

inline std::string fastCgiRecord(int type, std::string_view content, int padding = 0, int request = 1,
                                 int version = 1) {
    const auto size = static_cast<unsigned>(content.size());
    const std::string head{static_cast<char>(version),      static_cast<char>(type),
                           static_cast<char>(request >> 8), static_cast<char>(request & 0xFF),
                           static_cast<char>(size >> 8),    static_cast<char>(size & 0xFF),
                           static_cast<char>(padding),      0};
    return head + std::string(content) + std::string(static_cast<std::size_t>(padding), '\0');
}

/// Four bytes with the highest bit set: a length over 127.
inline std::string fastCgiLength(std::uint32_t length) {
    return {static_cast<char>(length >> 24 | 0x80), static_cast<char>(length >> 16 & 0xFF),
            static_cast<char>(length >> 8 & 0xFF), static_cast<char>(length & 0xFF)};
}

inline std::string fastCgiParam(std::string_view name, std::string_view value) {
    return fastCgiLength(static_cast<std::uint32_t>(name.size())) +
           fastCgiLength(static_cast<std::uint32_t>(value.size())) + std::string(name) + std::string(value);
}

inline std::string fastCgiBegin(int role = 1, int request = 1) {
    return fastCgiRecord(1, std::string{0, static_cast<char>(role), 0, 0, 0, 0, 0, 0}, 0, request);
}

inline std::string fastCgiRequest(std::string_view params, std::string_view body = {}) {
    return fastCgiBegin() + fastCgiRecord(4, params) + fastCgiRecord(4, {}) +
           (body.empty() ? "" : fastCgiRecord(5, body)) + fastCgiRecord(5, {});
}

/// One connection of a web server's.
class FastCgiPeer {
public:
    /// To a unix socket.
    explicit FastCgiPeer(const std::string& path)
        : FastCgiPeer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::connect(_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            close();
        }
    }
    /// Takes over a socket.
    explicit FastCgiPeer(int socket) : _socket(socket) {
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        ::setsockopt(_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~FastCgiPeer() { close(); }
    FastCgiPeer(FastCgiPeer&& other) noexcept : _socket(std::exchange(other._socket, -1)) {}
    FastCgiPeer& operator=(FastCgiPeer&& other) noexcept {
        std::swap(_socket, other._socket);
        return *this;
    }
    FastCgiPeer(const FastCgiPeer&) = delete;
    FastCgiPeer& operator=(const FastCgiPeer&) = delete;

    bool connected() const { return _socket >= 0; }
    int descriptor() const { return _socket; }
    bool send(std::string_view bytes) const {
        return ::send(_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }

    /// All that is sent to us until the connection ends; endedBy() says how.
    std::string readToEnd() {
        std::string bytes;
        std::array<char, 4096> buffer{};
        ssize_t got = 0;
        while ((got = ::recv(_socket, buffer.data(), buffer.size(), 0)) > 0) {
            bytes.append(buffer.data(), static_cast<std::size_t>(got));
        }
        _error = got < 0 ? errno : 0;
        return bytes;
    }
    /// 0 a quiet end, else the error.
    int endedBy() const { return _error; }

    void close() {
        if (_socket >= 0) {
            ::close(std::exchange(_socket, -1));
        }
    }

private:
    int _socket;
    int _error = -1;
};

}  // namespace rtbatch::test
