#include "common/lease/bell.h"

#include <Poco/Logger.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "common/lease/owner.h"
#include "common/log/log.h"

namespace rtbatch {

namespace {

/// A group of the range that is for use within an organisation (RFC 2365); it never leaves the host.
constexpr const char* kGroup = "239.255.82.84";
constexpr std::uint16_t kPort = 28254;

constexpr std::size_t kMaxMessage = 1200;

sockaddr_in groupAddress() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kPort);
    ::inet_pton(AF_INET, kGroup, &address.sin_addr);
    return address;
}

ip_mreqn loopbackMembership() {
    ip_mreqn membership{};
    membership.imr_multiaddr = groupAddress().sin_addr;
    membership.imr_address.s_addr = htonl(INADDR_LOOPBACK);
    membership.imr_ifindex = 1;  // Linux numbers lo first in every network namespace
    return membership;
}

bool set(int socket, int level, int option, const void* value, std::size_t size) {
    return ::setsockopt(socket, level, option, value, static_cast<socklen_t>(size)) == 0;
}

/// The owner, and which bell of the process.
std::string nextSign() {
    static std::atomic<int> count = 0;
    return Owner::self().text() + "#" + std::to_string(++count);
}

}  // namespace

Bell::Subscription::Subscription(Bell& bell, Listener listener) : _bell(bell) {
    const std::scoped_lock lock(bell._mutex);
    _place = bell._listeners.insert(bell._listeners.end(), std::move(listener));
}

Bell::Subscription::~Subscription() {
    const std::scoped_lock lock(_bell._mutex);
    _bell._listeners.erase(_place);
}

Bell::Bell() : _sign(nextSign()) {
    open();
    if (_receiver < 0) {
        Poco::Logger::get("rtbatch.lease")
            .information("no multicast on this host (%s): processes look at the database more often",
                         std::string(std::strerror(errno)));
        return;
    }
    _thread = std::jthread([this] { run(); });
}

void Bell::open() {
    const int receiver = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int wake = ::eventfd(0, EFD_CLOEXEC);
    const auto address = groupAddress();
    const auto membership = loopbackMembership();
    const int yes = 1;
    const int hops = 0;
    if (receiver >= 0 && sender >= 0 && wake >= 0 &&
        set(receiver, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) &&
        ::bind(receiver, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        set(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) &&
        set(sender, IPPROTO_IP, IP_MULTICAST_IF, &membership, sizeof membership) &&
        set(sender, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops)) {
        _receiver = receiver;
        _sender = sender;
        _wake = wake;
        return;
    }
    const int reason = errno;
    ::close(receiver);
    ::close(sender);
    ::close(wake);
    errno = reason;
}

void Bell::join(const std::string& deployment) {
    {
        const std::scoped_lock lock(_mutex);
        if (_joined) {
            return;
        }
        _deployment = deployment;
        _joined = true;
    }
    send("hello");
}

Bell::~Bell() {
    if (_receiver < 0) {
        return;
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(_wake, &one, sizeof one);
    _thread.join();
    ::close(_receiver);
    ::close(_sender);
    ::close(_wake);
}

void Bell::ring(std::string_view message) const {
    if (works()) {
        send(message);
    }
}

void Bell::send(std::string_view message) const {
    if (_sender < 0) {
        return;
    }
    std::string datagram = _deployment + "\n" + _sign + "\n";
    datagram += message.substr(0, kMaxMessage);
    const auto address = groupAddress();
    ::sendto(_sender, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void Bell::run() {
    std::array<char, 2048> buffer{};
    for (;;) {
        std::array<pollfd, 2> polled{pollfd{_wake, POLLIN, 0}, pollfd{_receiver, POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
            return;
        }
        if (polled[0].revents != 0) {
            return;
        }
        const auto size = ::recv(_receiver, buffer.data(), buffer.size(), 0);
        const std::string_view datagram(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        const auto first = datagram.find('\n');
        const auto second = first == datagram.npos ? first : datagram.find('\n', first + 1);
        if (second == datagram.npos || !_joined || datagram.substr(0, first) != _deployment) {
            continue;
        }
        if (datagram.substr(first + 1, second - first - 1) == _sign) {
            _echoed = true;
            continue;
        }
        const std::scoped_lock lock(_mutex);
        for (const Listener& listener : _listeners) {
            try {
                listener(datagram.substr(second + 1));
            } catch (const std::exception& error) {  // it was a hint only
                logFailure(Poco::Logger::get("rtbatch.lease"), Poco::Message::PRIO_DEBUG,
                           "a bell was not heard", error);
            }
        }
    }
}

}  // namespace rtbatch
