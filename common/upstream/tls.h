#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_session_st;

namespace rtbatch {

/// What one attempt on a socket that does not block brought.
struct Attempt {
    std::size_t bytes = 0;
    bool end = false;  ///< the peer ended the connection in good order
    short wants = 0;   ///< nothing yet: wait for these events of poll and try again
};

/// The trusted authorities and the rules of TLS: peers are verified, by chain and by name, TLS 1.2 or newer.
class TlsContext {
public:
    /// The one for `caFile` (PEM), read once and shared by all clients of the process. Safe from any thread.
    /// Throws std::invalid_argument when the file cannot be read.
    static std::shared_ptr<TlsContext> forAuthorities(const std::string& caFile);

    explicit TlsContext(const std::string& caFile);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* native() const;

private:
    struct Holder;
    std::unique_ptr<Holder> _holder;
};

/// A session that a later connection may take up again, which saves it half of the handshake.
using TlsSession = std::shared_ptr<ssl_session_st>;

/// The client's end of TLS on a connected socket that does not block. Poco's SecureStreamSocket is not used:
/// without blocking it leaves out the check of the peer's name. Throws RequestFault.
class TlsChannel {
public:
    /// `fd` stays the caller's and must live longer. `host` is asked for (SNI) and verified.
    TlsChannel(std::shared_ptr<TlsContext> context, int fd, const std::string& host,
               const TlsSession& session);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    /// To be called until it wants nothing; the peer is verified then.
    Attempt handshake();
    Attempt read(std::span<char> into);
    Attempt write(std::string_view from);

    /// The session to take up next time; null when the peer gave none.
    TlsSession session() const;

private:
    /// Sorts out why a call of OpenSSL gave no bytes.
    Attempt pending(int result, const char* doing);

    int _fd;  // the BIO points here
    std::shared_ptr<TlsContext> _context;
    std::unique_ptr<SSL, void (*)(SSL*)> _ssl;
    bool _failed = false;
};

}  // namespace rtbatch
