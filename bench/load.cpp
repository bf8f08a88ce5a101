#include "bench/load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace rtbatch::bench {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// A descriptor that closes itself.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : _fd(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : _fd(std::exchange(other._fd, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(_fd, other._fd);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return _fd; }

private:
    void reset() {
        if (_fd >= 0) {
            ::close(_fd);
        }
    }
    int _fd = -1;
};

/// Connected, then nonblocking: on loopback a connection stands at once.
Descriptor connectTo(std::uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) {
        fail("socket");
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        fail("connect");
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
}

struct Connection {
    Descriptor socket;
    Answer answer;
    std::size_t request = 0;  ///< index in the plan
    bool busy = false;
    bool begun = false;
};

class Run {
public:
    explicit Run(const LoadPlan& plan) : _plan(plan), _poll(::epoll_create1(EPOLL_CLOEXEC)) {
        if (_poll.get() < 0) {
            fail("epoll_create1");
        }
        _connections.resize(static_cast<std::size_t>(plan.connections));
    }

    LoadResult go() {
        for (std::size_t i = 0; i < _connections.size(); ++i) {
            connect(i);
        }
        _started = Clock::now();
        for (Connection& connection : _connections) {
            ask(connection);
        }
        std::array<epoll_event, 256> events{};
        while (_open > 0) {
            const int count = ::epoll_wait(_poll.get(), events.data(), static_cast<int>(events.size()), 100);
            for (int i = 0; i < count; ++i) {
                read(events.at(static_cast<std::size_t>(i)).data.u64);
            }
            if (_plan.progress) {
                _plan.progress(_begun);
            }
            if (Clock::now() - _started > _plan.limit) {
                throw std::runtime_error(std::to_string(_open) + " answers did not end in time");
            }
        }
        _result.span = _lastEnd - _started;
        return std::move(_result);
    }

private:
    void connect(std::size_t index) {
        Connection& connection = _connections[index];
        connection.socket = connectTo(_plan.port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = index;
        if (::epoll_ctl(_poll.get(), EPOLL_CTL_ADD, connection.socket.get(), &event) != 0) {
            fail("epoll_ctl");
        }
    }

    bool more() const {
        return _plan.count > 0 ? _asked < _plan.count : Clock::now() - _started < _plan.span;
    }

    void ask(Connection& connection) {
        if (!more()) {
            return;
        }
        connection.request = _asked++ % _plan.requests.size();
        const std::string& request = _plan.requests[connection.request];
        connection.answer.begin(Clock::now());
        connection.begun = false;
        // Far smaller than a socket's buffer: it goes whole or the connection is broken.
        if (::send(connection.socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            fault("cannot send");
            return;
        }
        connection.busy = true;
        ++_open;
    }

    void fault(const std::string& what) {
        if (_result.wrong++ == 0) {
            _result.firstFault = what;
        }
    }

    void read(std::size_t index) {
        Connection& connection = _connections[index];
        const ssize_t got = ::recv(connection.socket.get(), _buffer.data(), _buffer.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            finish(index, "the connection broke after " + std::to_string(connection.answer.body().size()) +
                              " bytes");
            return;
        }
        if (!connection.answer.feed({_buffer.data(), static_cast<std::size_t>(got)}, Clock::now())) {
            finish(index, "not an HTTP/1.1 answer");
            return;
        }
        if (!connection.begun && connection.answer.firstByteAt()) {
            connection.begun = true;
            ++_begun;
        }
        if (connection.answer.complete()) {
            finish(index, _plan.check ? _plan.check(connection.request, connection.answer) : std::nullopt);
        }
    }

    void finish(std::size_t index, const std::optional<std::string>& wrong) {
        Connection& connection = _connections[index];
        const Answer& answer = connection.answer;
        if (connection.busy) {
            --_open;
            connection.busy = false;
            _lastEnd = Clock::now();
            if (wrong) {
                fault(*wrong);
            } else {
                _result.end.push_back(answer.endAt() - answer.askedAt());
                if (answer.firstEventAt()) {
                    _result.firstEvent.push_back(*answer.firstEventAt() - answer.askedAt());
                }
                _result.bytes += answer.body().size();
            }
        }
        // nginx closes a kept connection after 1,000 requests; anything else that ends one needs a new one
        // too.
        if (more()) {
            if (!answer.complete() || answer.closes()) {
                connect(index);
            }
            ask(connection);
        } else if (!answer.complete()) {
            connection.socket = Descriptor();
        }
    }

    const LoadPlan& _plan;
    Descriptor _poll;
    std::vector<Connection> _connections;
    std::array<char, 262144> _buffer{};
    LoadResult _result;
    Clock::time_point _started, _lastEnd;
    std::size_t _asked = 0;
    std::size_t _open = 0;
    std::size_t _begun = 0;
};

}  // namespace

LoadResult runLoad(const LoadPlan& plan) {
    return std::make_unique<Run>(plan)->go();
}

double percentile(std::vector<std::chrono::nanoseconds> of, double share) {
    const auto last = static_cast<double>(of.size() - 1);
    const auto at = of.begin() + static_cast<std::ptrdiff_t>(last * share + 0.5);
    std::nth_element(of.begin(), at, of.end());
    return std::chrono::duration<double, std::milli>(*at).count();
}

std::string batchRequest(const std::string& path, const std::string& key,
                         const std::vector<std::string>& ids) {
    std::string body = R"({"imdbIds":[)";
    for (const std::string& id : ids) {
        body.append(body.ends_with('[') ? "\"" : ",\"").append(id).append("\"");
    }
    body += "]}";
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

}  // namespace rtbatch::bench
