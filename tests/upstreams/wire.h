#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace rtbatch::standin {

/// Whether the other side has closed its end of the connection; asks the kernel and never waits.
bool peerIsGone(int socket);

/// The client closed the connection before it had its reply.
class ClientGone : public std::runtime_error {
public:
    ClientGone() : std::runtime_error("the client is gone") {}
};

/// The stand-in is being stopped while a request waits.
class Stopping : public std::runtime_error {
public:
    Stopping() : std::runtime_error("stopping") {}
};

/// One connection as bytes, below HTTP: where replies are late, cut and dripped.
class Wire {
public:
    /// `stopped` is a descriptor that becomes readable when everything has to end.
    Wire(const Poco::Net::StreamSocket& socket, int stopped);

    /// Waits, for ever without a span. Throws ClientGone as soon as the client is gone, and Stopping.
    void wait(std::optional<std::chrono::milliseconds> span);

    /// Writes it all. Throws ClientGone when the client no longer takes it.
    void send(std::string_view bytes);

    /// Ends the connection with a TCP reset: what is under way is lost.
    void reset();

    /// Ends the connection in order (FIN) after what was sent, however incomplete that is.
    void finish();

    int descriptor() const;

private:
    Poco::Net::StreamSocket _socket;
    int _stopped;
};

}  // namespace rtbatch::standin
