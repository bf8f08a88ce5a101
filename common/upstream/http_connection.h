#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "common/upstream/file_descriptor.h"
#include "common/upstream/patience.h"
#include "common/upstream/site.h"
#include "common/upstream/tls.h"

namespace rtbatch {

/// The limits of single steps, beside the deadline of the whole request.
struct StepLimits {
    std::chrono::milliseconds connect;  ///< of one TCP connect, and of the TLS handshake
    std::chrono::milliseconds silence;  ///< how long the peer may send nothing when it is its turn
};

/// A TCP connection to a site, with TLS where its scheme asks for it. The socket does not block; every wait
/// is under the patience of the request. All calls throw RequestFault.
class HttpConnection {
public:
    /// Resolves, connects (one address after the other) and shakes hands. `tls` is null for http.
    static std::unique_ptr<HttpConnection> open(const Site& site, const std::shared_ptr<TlsContext>& tls,
                                                const TlsSession& session, StepLimits limits,
                                                const Patience& patience);

    HttpConnection(FileDescriptor socket, StepLimits limits) : _limits(limits), _socket(std::move(socket)) {}

    void write(std::string_view all, const Patience& patience);

    /// At least one byte, or 0 at the end of the connection. With TLS an end without its goodbye is a fault.
    std::size_t read(std::span<char> into, const Patience& patience);

    /// For a connection that lies idle: still open, and the peer has said nothing unasked.
    bool quiet() const;

    bool secure() const { return _tls != nullptr; }
    TlsSession session() const { return _tls ? _tls->session() : nullptr; }

private:
    void shakeHands(const Patience& patience);

    StepLimits _limits;
    FileDescriptor _socket;
    std::unique_ptr<TlsChannel> _tls;  // after the socket: says goodbye on it before it closes
};

}  // namespace rtbatch
