#pragma once

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/unit/upstream/certificates.h"
#include "tests/unit/upstream/raw_server.h"

namespace rtbatch::test {

/// One accepted TLS connection, after its handshake.
class TlsPeer {
public:
    TlsPeer(Peer& peer, SSL* ssl) : _peer(peer), _ssl(ssl) {}

    /// The head of the next request; empty when the client has gone.
    std::string readRequest();
    void send(std::string_view bytes);
    /// TLS's own end, without which a close is a cut.
    void sayGoodbye();
    /// The name that the client asked for (SNI).
    std::string askedName() const;
    /// Whether the client took up an earlier session.
    bool resumed() const;
    int number() const { return _peer.number(); }

private:
    Peer& _peer;
    SSL* _ssl;
};

/// What a TLS server has to be.
struct TlsServerTraits {
    Identity identity;
    int highestVersion = 0;  ///< of OpenSSL; 0 for any
};

/// A script for RawServer that speaks TLS; connections whose handshake fails are closed.
RawServer::Script overTls(const TlsServerTraits& traits, std::function<void(TlsPeer&)> script);

}  // namespace rtbatch::test
