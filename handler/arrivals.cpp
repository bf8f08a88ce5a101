#include "handler/arrivals.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace rtbatch {

namespace {

/// Of one connection before the others have their turn: a request of nginx's is one piece of 2 kB.
constexpr int kPiecesInATurn = 8;
constexpr std::size_t kPiece = std::size_t{16} * 1024;

/// How long a request may take.
constexpr std::chrono::seconds kPatience{5};

bool send(int connection, std::string_view bytes) {
    return bytes.empty() || ::send(connection, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                                static_cast<ssize_t>(bytes.size());
}

}  // namespace

Arrival::Arrival(FileDescriptor connection)
    : _connection(std::move(connection)), _deadline(Deadline::in(kPatience)) {}

Arrival::Progress Arrival::receive(std::chrono::milliseconds patience, const char*& fault) {
    const int connection = _connection.get();
    std::array<char, kPiece>
        piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    for (int i = 0; i < kPiecesInATurn; ++i) {
        // Looked at first, for not all of it may be taken.
        const ssize_t got = ::recv(connection, piece.data(), piece.size(), MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            return Progress::over;  // it has gone, as one does who only looks whether somebody listens
        }
        if (got < 0) {
            pollfd first{connection, POLLIN, 0};
            if (patience.count() == 0 ||
                ::poll(&first, 1, static_cast<int>(std::exchange(patience, {}).count())) <= 0) {
                break;
            }
            continue;
        }
        const std::size_t taken = _parser.take({piece.data(), static_cast<std::size_t>(got)});
        static_cast<void>(::recv(connection, piece.data(), taken, MSG_DONTWAIT));
        const bool sent = send(connection, _parser.takeReply());
        if (_parser.state() == FastCgiParser::State::whole) {
            return Progress::whole;
        }
        if (_parser.state() == FastCgiParser::State::refused || !sent) {
            fault = sent ? _parser.fault() : "somebody who does not read";
            return Progress::over;
        }
    }
    if (_deadline.passed()) {
        fault = "a request that did not come in time";
        return Progress::over;
    }
    return Progress::waits;
}

void Arrivals::add(Arrival arrival) {
    if (_arrivals.size() >= kMost) {
        _arrivals.pop_front();
    }
    _arrivals.push_back(std::move(arrival));
}

void Arrivals::poll(std::vector<pollfd>& polled) const {
    for (const Arrival& arrival : _arrivals) {
        polled.push_back({arrival.descriptor(), POLLIN, 0});
    }
}

const char* Arrivals::receive(std::span<const pollfd> polled, const Arrived& arrived) {
    const char* fault = nullptr;
    auto answer = polled.begin();
    for (auto at = _arrivals.begin(); at != _arrivals.end(); ++answer) {
        if (answer->revents == 0 && !at->deadline().passed()) {
            ++at;
            continue;
        }
        std::list<Arrival> one;
        one.splice(one.end(), _arrivals, at++);  // so that it goes if anything is thrown
        Arrival& arrival = one.front();
        switch (arrival.receive({}, fault)) {
            case Arrival::Progress::waits:
                _arrivals.splice(at, one);
                break;
            case Arrival::Progress::whole:
                arrived(arrival.takeConnection(), arrival.takeRequest());
                break;
            case Arrival::Progress::over:
                break;
        }
    }
    return fault;
}

}  // namespace rtbatch
