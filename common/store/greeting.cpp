#include "common/store/greeting.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

namespace rtbatch {

namespace {

/// A socket that is closed at the end of its scope.
class Socket {
public:
    explicit Socket(int family)
        : _descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    ~Socket() {
        if (_descriptor >= 0) {
            ::close(_descriptor);
        }
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    int descriptor() const { return _descriptor; }

private:
    int _descriptor;
};

/// Where the client library finds a server that is given by no address.
std::string socketPath(const DatabaseUrl& url) {
    if (!url.socket.empty()) {
        return url.socket;
    }
    const char* path = std::getenv("MYSQL_UNIX_PORT");
    return path == nullptr ? "/run/mysqld/mysqld.sock" : path;
}

Greeting greetingOn(const Socket& socket, const sockaddr* address, socklen_t size, int callOff,
                    Deadline deadline) {
    if (::connect(socket.descriptor(), address, size) != 0 && errno != EINPROGRESS) {
        // EAGAIN: a Unix socket whose server has accepted nobody for long, so that no more may wait.
        return errno == EAGAIN ? Greeting::missing : Greeting::refused;
    }
    std::array<pollfd, 2> polled{pollfd{socket.descriptor(), POLLIN, 0}, pollfd{callOff, POLLIN, 0}};
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(deadline.left().count()));
    if (ready <= 0 || polled[1].revents != 0) {
        return Greeting::missing;
    }
    char byte = 0;
    const auto got = ::recv(socket.descriptor(), &byte, 1, 0);
    // A network that does not carry us there is silence, and not an answer.
    return got == 1                                                                      ? Greeting::came
           : got < 0 && (errno == ETIMEDOUT || errno == EHOSTUNREACH || errno == EAGAIN) ? Greeting::missing
                                                                                         : Greeting::refused;
}

}  // namespace

Greeting waitForGreeting(const DatabaseUrl& url, int callOff, Deadline deadline) {
    if (url.host.empty() || url.host == "localhost") {
        const std::string path = socketPath(url);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        return greetingOn(Socket(AF_UNIX), reinterpret_cast<const sockaddr*>(&address), sizeof address,
                          callOff, deadline);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0) {
        return Greeting::missing;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    Greeting greeting = Greeting::missing;
    for (const addrinfo* one = found; one != nullptr && greeting != Greeting::came; one = one->ai_next) {
        greeting = greetingOn(Socket(one->ai_family), one->ai_addr, one->ai_addrlen, callOff, deadline);
    }
    return greeting;
}

}  // namespace rtbatch
