#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <thread>
#include <vector>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

namespace rtbatch {

/// Cuts whatever passes into small packets, as a real network does and loopback does not: each segment is
/// written by itself, without Nagle's delay, with a pause behind it in which the receiver can read it. Knows
/// nothing of TLS; that a client over TLS sees whole records all the same is what its user wants to test.
class SegmentingProxy {
public:
    struct Options {
        std::size_t segment = 1460;            ///< bytes, the payload of a packet on an Ethernet
        std::chrono::microseconds pause{300};  ///< between two segments of one direction
        std::uint16_t port = 0;                ///< on loopback; 0: any free one
    };

    /// Listens on loopback at once and forwards to `targetPort` on loopback. Throws Poco::Net::NetException
    /// when it cannot listen.
    SegmentingProxy(std::uint16_t targetPort, Options options);
    explicit SegmentingProxy(std::uint16_t targetPort) : SegmentingProxy(targetPort, Options()) {}

    /// Breaks what is open.
    ~SegmentingProxy();
    SegmentingProxy(const SegmentingProxy&) = delete;
    SegmentingProxy& operator=(const SegmentingProxy&) = delete;

    std::uint16_t port() const;

    /// Segments written so far, both directions.
    std::uint64_t segments() const { return _segments; }

    /// Connections taken so far.
    std::uint64_t connections() const { return _connections; }

private:
    using Clock = std::chrono::steady_clock;

    /// One direction of one connection.
    struct Flow {
        Poco::Net::StreamSocket from;
        Poco::Net::StreamSocket to;
        std::vector<char> bytes{};  ///< read and not yet written
        std::size_t written = 0;    ///< of them
        Clock::time_point due{};    ///< not before this
        bool ended = false;         ///< `from` has no more
        bool finished = false;      ///< and `to` knows

        bool pending() const { return written < bytes.size(); }
    };
    struct Connection {
        Flow up;
        Flow down;
    };

    void run();
    void accept();
    void advance(Flow& flow, Clock::time_point now);
    std::chrono::nanoseconds untilNextDue(Clock::time_point now) const;

    std::uint16_t _targetPort;
    Options _options;
    Poco::Net::ServerSocket _listener;
    int _stopEvent;
    std::atomic<std::uint64_t> _segments{0};
    std::atomic<std::uint64_t> _connections{0};
    std::list<Connection> _open;  ///< of the thread alone
    std::thread _thread;
};

}  // namespace rtbatch
