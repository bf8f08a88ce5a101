#include "common/upstream/tls.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/IPAddress.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

/// OpenSSL's own socket BIO writes with write(), and a peer that has gone then kills the process by SIGPIPE
/// unless the whole program ignores that signal. This one asks for no signal.
int bioSocket(BIO* bio) {
    return *static_cast<int*>(BIO_get_data(bio));
}

int bioWrite(BIO* bio, const char* data, int length) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(bioSocket(bio), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

int bioRead(BIO* bio, char* data, int length) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(bioSocket(bio), data, static_cast<std::size_t>(length), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    if (got == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return static_cast<int>(got);
}

long bioControl(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_EOF:
            return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        default:
            return 0;
    }
}

const BIO_METHOD* bioMethod() {
    static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method = [] {
        std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rtbatch socket"), &BIO_meth_free);
        if (!made) {
            throw std::bad_alloc();
        }
        BIO_meth_set_write(made.get(), &bioWrite);
        BIO_meth_set_read(made.get(), &bioRead);
        BIO_meth_set_ctrl(made.get(), &bioControl);
        return made;
    }();
    return method.get();
}

std::string lastTlsError() {
    const unsigned long code = ERR_get_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "the connection was lost" : reason;
}

}  // namespace

struct TlsContext::Holder {
    Poco::Net::Context::Ptr context;
};

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

TlsContext::TlsContext(const std::string& caFile) : _holder(std::make_unique<Holder>()) {
    using Poco::Net::Context;
    try {
        _holder->context = new Context(Context::TLS_CLIENT_USE, "", "", caFile, Context::VERIFY_STRICT, 9,
                                       false, "DEFAULT:!aNULL");
        _holder->context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    } catch (const Poco::Exception& e) {
        throw std::invalid_argument("the certificates of authorities in \"" + caFile +
                                    "\" cannot be read: " + e.displayText());
    }
}

TlsContext::~TlsContext() = default;

SSL_CTX* TlsContext::native() const {
    return _holder->context->sslContext();
}

TlsChannel::TlsChannel(std::shared_ptr<TlsContext> context, int fd, const std::string& host,
                       const TlsSession& session)
    : _fd(fd), _context(std::move(context)), _ssl(SSL_new(_context->native()), &SSL_free) {
    BIO* bio = BIO_new(bioMethod());
    if (!_ssl || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &_fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(_ssl.get(), bio, bio);
    SSL_set_mode(_ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // An end without TLS's own goodbye may be a cut made by anyone on the way: an error, never an end.
    SSL_clear_options(_ssl.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Poco's callback would ask Poco's SSLManager, whose handlers can overrule a failed verification.
    SSL_set_verify(_ssl.get(), SSL_VERIFY_PEER, nullptr);

    Poco::Net::IPAddress address;
    const bool isAddress = Poco::Net::IPAddress::tryParse(host, address);
    const bool named = isAddress
                           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(_ssl.get()), host.c_str()) == 1
                           : SSL_set1_host(_ssl.get(), host.c_str()) == 1 &&
                                 SSL_ctrl(_ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                          const_cast<char*>(host.c_str())) == 1;
    if (!named) {
        throw RequestFault(Kind::broken, "has a name that TLS cannot verify: " + host);
    }
    if (session) {
        SSL_set_session(_ssl.get(), session.get());
    }
    SSL_set_connect_state(_ssl.get());
}

TlsChannel::~TlsChannel() {
    // Best effort: the socket does not block, and OpenSSL forbids the goodbye after a fatal error.
    if (!_failed && SSL_is_init_finished(_ssl.get()) == 1) {
        SSL_shutdown(_ssl.get());
    }
    ERR_clear_error();
}

Attempt TlsChannel::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(_ssl.get());
    return result == 1 ? Attempt{} : pending(result, "did not complete the TLS handshake");
}

Attempt TlsChannel::read(std::span<char> into) {
    ERR_clear_error();
    const int result =
        SSL_read(_ssl.get(), into.data(), static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
    return result > 0 ? Attempt{static_cast<std::size_t>(result)} : pending(result, "broke off its answer");
}

Attempt TlsChannel::write(std::string_view from) {
    ERR_clear_error();
    const int result =
        SSL_write(_ssl.get(), from.data(), static_cast<int>(std::min<std::size_t>(from.size(), INT_MAX)));
    return result > 0 ? Attempt{static_cast<std::size_t>(result)}
                      : pending(result, "did not take the request");
}

Attempt TlsChannel::pending(int result, const char* doing) {
    const int socketError = errno;
    switch (SSL_get_error(_ssl.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {.wants = POLLIN};
        case SSL_ERROR_WANT_WRITE:
            return {.wants = POLLOUT};
        case SSL_ERROR_ZERO_RETURN:
            return {.end = true};
        case SSL_ERROR_SYSCALL:
            _failed = true;
            ERR_clear_error();
            throw RequestFault(Kind::broken, std::string(doing) + ": " +
                                                 std::generic_category().message(
                                                     socketError == 0 ? ECONNRESET : socketError));
        default:
            break;
    }
    _failed = true;
    const long verified = SSL_get_verify_result(_ssl.get());
    if (verified != X509_V_OK) {
        ERR_clear_error();
        throw RequestFault(Kind::broken, std::string("showed a certificate that is not accepted: ") +
                                             X509_verify_cert_error_string(verified));
    }
    throw RequestFault(Kind::broken, std::string(doing) + ": " + lastTlsError());
}

TlsSession TlsChannel::session() const {
    TlsSession session(SSL_get1_session(_ssl.get()), [](SSL_SESSION* one) { SSL_SESSION_free(one); });
    return session && SSL_SESSION_is_resumable(session.get()) == 1 ? session : nullptr;
}

}  // namespace rtbatch
