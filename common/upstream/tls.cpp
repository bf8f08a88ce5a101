#include "common/upstream/tls.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <map>
#include <mutex>
#include <stdexcept>

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

/// Why OpenSSL has turned down a certificate in the handshake that runs on this thread.
thread_local int refusal = X509_V_OK;

int noteRefusal(int accepted, X509_STORE_CTX* store) {
    if (accepted == 0) {
        refusal = X509_STORE_CTX_get_error(store);
    }
    return accepted;
}

RequestFault notAccepted(int why) {
    return {Kind::broken,
            std::string("showed a certificate that is not accepted: ") + X509_verify_cert_error_string(why)};
}

class SecureImpl : public PatientSocketImpl<Poco::Net::SecureStreamSocketImpl> {
public:
    using PatientSocketImpl::PatientSocketImpl;

    /// Poco's own connect takes a handshake that has run into a timeout for a good one, and then never
    /// verifies the name. So it is done here step by step.
    void shakeHands(Wire& wire, const std::string& host) {
        setLazyHandshake(true);
        connectSSL();
        refusal = X509_V_OK;
        const char* failed = "did not complete the TLS handshake";
        try {
            if (wire.patiently(sockfd(), failed, [&] { return completeHandshake(); }) != 1) {
                throw RequestFault(Kind::broken, failed);
            }
        } catch (const RequestFault&) {
            if (refusal != X509_V_OK) {
                throw notAccepted(refusal);
            }
            throw;
        }
        try {
            verifyPeerCertificate(host);
        } catch (const Poco::Net::CertificateValidationException&) {
            throw notAccepted(X509_V_ERR_HOSTNAME_MISMATCH);
        }
    }
};

}  // namespace

std::shared_ptr<TlsContext> TlsContext::forAuthorities(const std::string& caFile) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<TlsContext>> known;  // guarded by mutex
    const std::scoped_lock lock(mutex);
    auto& slot = known[caFile];
    auto context = slot.lock();
    if (!context) {
        context = std::make_shared<TlsContext>(caFile);
        slot = context;
    }
    return context;
}

TlsContext::TlsContext(const std::string& caFile) {
    using Poco::Net::Context;
    try {
        poco = new Context(Context::TLS_CLIENT_USE, "", "", caFile, Context::VERIFY_STRICT, 9, false,
                           "DEFAULT:!aNULL");
        poco->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    } catch (const Poco::Exception& e) {
        throw std::invalid_argument("the certificates of authorities in \"" + caFile +
                                    "\" cannot be read: " + e.displayText());
    }
    // An end without TLS's own goodbye may be a cut made by anyone on the way: an error, never an end.
    SSL_CTX_clear_options(poco->sslContext(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Poco's callback would ask Poco's SSLManager, whose handlers can overrule a failed verification.
    SSL_CTX_set_verify(poco->sslContext(), SSL_VERIFY_PEER, &noteRefusal);
}

Poco::Net::StreamSocket secured(const Poco::Net::StreamSocket& tcp, const std::shared_ptr<Wire>& wire,
                                const TlsContext& tls, const std::string& host,
                                const Poco::Net::Session::Ptr& session) {
    Poco::AutoPtr<SecureImpl> impl(
        new SecureImpl(wire, static_cast<Poco::Net::StreamSocketImpl*>(tcp.impl()), tls.poco));
    Poco::Net::IPAddress address;
    if (!Poco::Net::IPAddress::tryParse(host, address)) {  // SNI has names only (RFC 6066, 3)
        impl->setPeerHostName(host);
    }
    impl->useSession(session);
    impl->shakeHands(*wire, host);
    impl->duplicate();  // for the socket, which takes a share without counting it
    return {impl.get()};
}

}  // namespace rtbatch
