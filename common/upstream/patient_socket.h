#pragma once

#include <Poco/Net/SocketImpl.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/upstream/patience.h"
#include "common/upstream/request_fault.h"

namespace rtbatch {

/// What the socket below one of Poco's sessions obeys, and what it has seen. Poco reads with a timeout for
/// each read and takes every end of a connection for the end of the reply; here each read is under the
/// patience of the request, and an end is a fault wherever more is owed.
class Wire {
public:
    /// Begins a step of a request: until when, how many bytes may come, and whether the peer may close.
    void expect(const Patience& patience, std::uint64_t bytes, bool mayEnd);

    /// Begins a new request: forgets what has been seen and what went wrong.
    void restart();

    /// Repeats `attempt` of Poco on a socket that does not block until it gives no negative result. Throws
    /// RequestFault, which begins with `doing`; the streams above swallow it, so it is kept and thrown again.
    int patiently(int fd, const char* doing, const std::function<int()>& attempt);

    int receive(int fd, char* into, int length, const std::function<int(int)>& attempt);
    int send(int fd, int length, const std::function<int(int)>& attempt);

    /// Throws what went wrong, if anything did.
    void check() const;

    /// The last bytes that came since restart(), 32 KiB at least.
    const std::string& seen() const { return _seen; }

private:
    std::optional<Patience> _patience;
    std::uint64_t _allowance = 0;
    bool _mayEnd = false;
    std::string _seen;
    std::optional<RequestFault> _fault;
};

/// One of Poco's sockets, made to obey a Wire. It must not block.
template <typename Base>
class PatientSocketImpl : public Base {
public:
    template <typename... Args>
    explicit PatientSocketImpl(std::shared_ptr<Wire> wire, Args&&... args)
        : Base(std::forward<Args>(args)...), _wire(std::move(wire)) {}

    using Base::receiveBytes;
    using Base::sendBytes;

    int receiveBytes(void* buffer, int length, int flags) override {
        return _wire->receive(this->sockfd(), static_cast<char*>(buffer), length,
                              [&](int most) { return Base::receiveBytes(buffer, most, flags); });
    }

    int sendBytes(const void* buffer, int length, int flags) override {
        return _wire->send(this->sockfd(), length, [&](int from) {
            return Base::sendBytes(static_cast<const char*>(buffer) + from, length - from,
                                   flags | MSG_NOSIGNAL);
        });
    }

private:
    std::shared_ptr<Wire> _wire;
};

}  // namespace rtbatch
