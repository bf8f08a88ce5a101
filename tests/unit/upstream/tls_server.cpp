#include "tests/unit/upstream/tls_server.h"

#include <openssl/ssl.h>

#include <csignal>
#include <stdexcept>

namespace rtbatch::test {

std::string TlsPeer::readRequest() {
    std::string head;
    char c = 0;
    while (!head.ends_with("\r\n\r\n")) {
        if (SSL_read(_ssl, &c, 1) != 1) {
            return "";
        }
        head += c;
    }
    return head;
}

void TlsPeer::send(std::string_view bytes) {
    SSL_write(_ssl, bytes.data(), static_cast<int>(bytes.size()));
}

void TlsPeer::sayGoodbye() {
    SSL_shutdown(_ssl);
}

std::string TlsPeer::askedName() const {
    const char* name = SSL_get_servername(_ssl, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
}

bool TlsPeer::resumed() const {
    return SSL_session_reused(_ssl) == 1;
}

RawServer::Script overTls(const TlsServerTraits& traits, std::function<void(TlsPeer&)> script) {
    // This end writes through OpenSSL's own BIO, which raises it when the client has gone.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);  // or it would not speak versions as old as the tests want
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), traits.highestVersion);
    if (SSL_CTX_use_certificate(context.get(), traits.identity.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), traits.identity.key.get()) != 1) {
        throw std::runtime_error("no identity for the TLS server");
    }
    return [context, script = std::move(script)](Peer& peer) {
        const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), &SSL_free);
        SSL_set_fd(ssl.get(), peer.fd());
        if (SSL_accept(ssl.get()) == 1) {
            TlsPeer tls(peer, ssl.get());
            script(tls);
        }
    };
}

}  // namespace rtbatch::test
