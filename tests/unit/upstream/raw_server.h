#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/process/file_descriptor.h"

namespace rtbatch::test {

/// One accepted connection, for a script that says byte by byte what the server does.
class Peer {
public:
    Peer(int fd, int stop, int number) : _fd(fd), _stop(stop), _number(number) {}

    /// The head of the next request; empty when the client has gone or the test is over.
    std::string readRequest();

    /// False when the client has gone.
    bool send(std::string_view bytes);

    /// Waits until the client closes the connection, or the test is over.
    void waitForClose();

    /// Pauses, at most until the test is over.
    void pause(int milliseconds);

    /// Ends the connection with a reset, not with an orderly close.
    void reset();

    /// Counts the connections of the server, from 1.
    int number() const { return _number; }
    int fd() const { return _fd; }

private:
    int _fd;
    int _stop;
    int _number;
};

/// A server on loopback whose every connection runs `script` on a thread of its own and is closed after it.
class RawServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit RawServer(Script script);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::uint16_t port() const { return _port; }
    std::string url(const std::string& path = "") const;

    /// Connections accepted so far.
    int connections() const { return _connections; }

    /// The heads of the requests that the scripts have read so far, in order of their arrival.
    std::vector<std::string> requests() const;

    /// Blocks until so many requests have been read, 10 s at most.
    bool waitForRequests(std::size_t count) const;

private:
    friend class Peer;
    void accept();
    void serve(int fd, int number);
    void note(const std::string& request);

    Script _script;
    FileDescriptor _listener;
    FileDescriptor _stop;
    std::uint16_t _port = 0;
    std::atomic<int> _connections{0};
    mutable std::mutex _mutex;
    mutable std::condition_variable _arrived;
    std::vector<std::string> _requests;  ///< guarded by _mutex
    std::vector<std::thread> _serving;   ///< only the accepting thread's
    std::thread _accepting;
};

/// A script that answers every request of a connection with the same bytes and keeps it open.
RawServer::Script answering(std::string bytes);

/// A script that answers the first request with `bytes` and closes.
RawServer::Script answeringOnce(std::string bytes);

/// A whole 200 with its length.
std::string ok(const std::string& body, const std::string& fields = "");

/// The open descriptors of this process.
std::size_t openDescriptors();

}  // namespace rtbatch::test
