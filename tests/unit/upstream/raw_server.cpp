#include "tests/unit/upstream/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>

namespace rtbatch::test {

namespace {

/// Waits for `events` on `fd`; false when the test is over first.
bool await(int fd, short events, int stop) {
    std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};
    return ::poll(fds.data(), fds.size(), -1) > 0 && fds[1].revents == 0;
}

thread_local RawServer* currentServer = nullptr;

}  // namespace

std::string Peer::readRequest() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        char c = 0;
        if (!await(_fd, POLLIN, _stop) || ::recv(_fd, &c, 1, 0) <= 0) {
            return "";
        }
        head += c;
    }
    currentServer->note(head);
    return head;
}

bool Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!await(_fd, POLLOUT, _stop)) {
            return false;
        }
        const auto sent = ::send(_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        bytes.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
    return true;
}

void Peer::waitForClose() {
    std::array<char, 4096> ignored{};
    while (await(_fd, POLLIN, _stop) && ::recv(_fd, ignored.data(), ignored.size(), 0) > 0) {
    }
}

void Peer::pause(int milliseconds) {
    pollfd stop{_stop, POLLIN, 0};
    ::poll(&stop, 1, milliseconds);
}

void Peer::reset() {
    const linger now{1, 0};
    ::setsockopt(_fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

RawServer::RawServer(Script script)
    : _script(std::move(script)),
      _listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      _stop(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(_listener.get(), generic, length) != 0 || ::listen(_listener.get(), 64) != 0 ||
        ::getsockname(_listener.get(), generic, &length) != 0) {
        throw std::runtime_error("no port to listen on");
    }
    _port = ntohs(address.sin_port);
    _accepting = std::thread([this] { accept(); });
}

RawServer::~RawServer() {
    ::eventfd_write(_stop.get(), 1);
    _accepting.join();
}

std::string RawServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(_port) + path;
}

std::vector<std::string> RawServer::requests() const {
    const std::scoped_lock lock(_mutex);
    return _requests;
}

bool RawServer::waitForRequests(std::size_t count) const {
    std::unique_lock lock(_mutex);
    return _arrived.wait_for(lock, std::chrono::seconds(10), [&] { return _requests.size() >= count; });
}

void RawServer::note(const std::string& request) {
    {
        const std::scoped_lock lock(_mutex);
        _requests.push_back(request);
    }
    _arrived.notify_all();
}

void RawServer::accept() {
    while (await(_listener.get(), POLLIN, _stop.get())) {
        const int fd = ::accept4(_listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            const int number = ++_connections;
            _serving.emplace_back([this, fd, number] { serve(fd, number); });
        }
    }
    for (auto& thread : _serving) {
        thread.join();
    }
}

void RawServer::serve(int fd, int number) {
    const FileDescriptor owned(fd);
    currentServer = this;
    Peer peer(fd, _stop.get(), number);
    _script(peer);
}

RawServer::Script answering(std::string bytes) {
    return [bytes = std::move(bytes)](Peer& peer) {
        while (!peer.readRequest().empty() && peer.send(bytes)) {
        }
    };
}

RawServer::Script answeringOnce(std::string bytes) {
    return [bytes = std::move(bytes)](Peer& peer) {
        peer.readRequest();
        peer.send(bytes);
    };
}

std::string ok(const std::string& body, const std::string& fields) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::size_t openDescriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

}  // namespace rtbatch::test
