#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/upstream/patient_socket.h"
#include "common/upstream/reply_frame.h"
#include "common/upstream/site.h"
#include "common/upstream/tls.h"

namespace rtbatch {

/// Poco's client session on one connection to a site, with TLS where its scheme asks for it. Poco's own
/// HTTPSClientSession is not used: it takes a cut for an end. All calls throw RequestFault.
class HttpConnection : private Poco::Net::HTTPClientSession {
public:
    /// Resolves, connects (one address after the other) and shakes hands; the connect and the handshake may
    /// each take `limit`. `tls` is null for http.
    static std::unique_ptr<HttpConnection> open(const Site& site, const std::shared_ptr<TlsContext>& tls,
                                                const Poco::Net::Session::Ptr& session,
                                                std::chrono::milliseconds limit, const Patience& patience);

    /// Sends `request`, with `body` where it announces one, and reads the head of the final reply, at most 64
    /// KiB with the interim ones before it.
    ReplyFrame ask(Poco::Net::HTTPRequest& request, Poco::Net::HTTPResponse& reply, const Patience& patience,
                   std::string_view body = {});

    /// Waits for the first byte of the reply's body, and leaves it to readBody().
    void awaitBody(const Patience& patience);

    /// The body of the reply as it was sent, still coded; refuses more than `cap` bytes.
    std::string readBody(const ReplyFrame& frame, std::size_t cap, const Patience& patience);

    /// Whether the peer has said anything at all since ask().
    bool begun() const { return !_wire->seen().empty(); }

    /// Nothing was sent beyond what has been read.
    bool atEnd();

    /// For a connection that lies idle: still open, and the peer has said nothing unasked.
    bool quiet();

    bool secure() const override { return _secure; }

    /// The TLS session to take up next time; null for http.
    Poco::Net::Session::Ptr tlsSession();

private:
    HttpConnection(const Poco::Net::StreamSocket& socket, std::shared_ptr<Wire> wire, bool secure);
    std::string_view consumed() const;
    void finishChunks(const Patience& patience);

    std::shared_ptr<Wire> _wire;
    bool _secure;
    std::istream* _body = nullptr;  ///< Poco's, until the next request
};

}  // namespace rtbatch
