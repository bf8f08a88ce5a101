#include "common/upstream/http_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "common/upstream/reply_body.h"
#include "common/upstream/request_fault.h"
#include "common/upstream/resolver.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr std::size_t kMaxHead = std::size_t{64} * 1024;  // real ones have 1-3 kB
constexpr std::size_t kMaxPocoValue = 8192;               // of one field; Poco takes no longer ones

std::string errorText(int error) {
    return std::generic_category().message(error);
}

/// Connects to one address; nothing, and the `reason`, when that fails.
std::optional<Poco::Net::StreamSocket> connectTo(const Poco::Net::SocketAddress& address,
                                                 std::chrono::milliseconds limit, const Patience& patience,
                                                 const std::shared_ptr<Wire>& wire, std::string& reason) {
    // CLOEXEC from the start: another thread may be spawning a child right now.
    const int fd = ::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        reason = address.toString() + ": " + errorText(errno);
        return std::nullopt;
    }
    Poco::Net::StreamSocket socket(new PatientSocketImpl<Poco::Net::StreamSocketImpl>(wire, fd));
    try {
        socket.connectNB(address);
        const bool decided = patience.waitFor(fd, POLLOUT, Deadline::in(limit));
        const int error = decided ? socket.impl()->socketError() : ETIMEDOUT;
        if (error == 0) {
            socket.setNoDelay(true);
            return socket;
        }
        reason = address.toString() + ": " + errorText(error);
    } catch (const Poco::Exception& e) {
        reason = address.toString() + ": " + e.displayText();
    }
    return std::nullopt;
}

/// Cuts the last line off a text, without its end.
std::string_view takeLastLine(std::string_view& text) {
    const auto end = text.rfind('\n');
    const auto start = end == std::string_view::npos ? 0 : end + 1;
    auto line = text.substr(start);
    text = text.substr(0, start == 0 ? 0 : end);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

std::unique_ptr<HttpConnection> HttpConnection::open(const Site& site, const std::shared_ptr<TlsContext>& tls,
                                                     const Poco::Net::Session::Ptr& session,
                                                     std::chrono::milliseconds limit,
                                                     const Patience& patience) {
    patience.check();
    std::string reason;
    for (const auto& address : resolve(site.host, site.port, patience)) {
        auto wire = std::make_shared<Wire>();
        auto socket = connectTo(address, limit, patience, wire, reason);
        if (!socket) {
            continue;
        }
        if (tls) {
            const Deadline end = Deadline::in(limit);
            wire->expect(patience.until(end), 0, false);
            try {
                socket = secured(*socket, wire, *tls, site.host, session);
            } catch (const RequestFault& fault) {
                if (fault.kind() == Kind::timeout && !patience.total().passed()) {
                    throw RequestFault(Kind::broken,
                                       "could not be reached (the TLS handshake takes too long)");
                }
                throw;
            }
        }
        return std::unique_ptr<HttpConnection>(new HttpConnection(*socket, wire, tls != nullptr));
    }
    throw RequestFault(Kind::broken, "could not be reached (" + reason + ")");
}

HttpConnection::HttpConnection(const Poco::Net::StreamSocket& socket, std::shared_ptr<Wire> wire, bool secure)
    : HTTPClientSession(socket), _wire(std::move(wire)), _secure(secure) {
    setKeepAlive(true);
}

ReplyFrame HttpConnection::ask(Poco::Net::HTTPRequest& request, Poco::Net::HTTPResponse& reply,
                               const Patience& patience, std::string_view body) {
    _wire->restart();
    _wire->expect(patience, kMaxHead, false);
    reply.setFieldLimit(0);
    try {
        sendRequest(request) << body;
        for (;;) {
            _body = &receiveResponse(reply);
            const ReplyFrame frame = frameOf(reply, consumed());
            if (frame.status == 101) {
                throw RequestFault(Kind::broken, "changed the protocol unasked");
            }
            if (frame.status >= 200) {
                return frame;
            }
        }
    } catch (const Poco::Exception&) {
        _wire->check();  // Poco's streams swallow what it throws
        if (_wire->seen().size() > kMaxPocoValue) {
            throw RequestFault(Kind::refused, "sent a head without end");
        }
        throw RequestFault(Kind::broken, "sent something that is not HTTP");
    }
}

void HttpConnection::awaitBody(const Patience& patience) {
    _wire->expect(patience, kMaxHead, true);
    _body->peek();
    _wire->check();
}

std::string HttpConnection::readBody(const ReplyFrame& frame, std::size_t cap, const Patience& patience) {
    if (frame.length && *frame.length > cap) {
        throw RequestFault(Kind::refused, "sent more than " + std::to_string(cap) + " bytes");
    }
    // Twice, and a head's worth: what chunks may cost beside the bytes that they carry.
    _wire->expect(patience, 2 * cap + kMaxHead, frame.untilClose);
    std::string body = readAll(*_body, cap);
    if (frame.chunked) {
        finishChunks(patience);
    }
    return body;
}

std::string_view HttpConnection::consumed() const {
    const std::string_view seen = _wire->seen();
    return seen.substr(0, seen.size() - static_cast<std::size_t>(buffered()));
}

/// Poco ends a chunked body alike at its last chunk and at one that it cannot read, and of the trailer it
/// takes one line. So what it has read must end with the last chunk's line and one more.
void HttpConnection::finishChunks(const Patience& patience) {
    std::string_view text = consumed();
    const std::string_view rest = takeLastLine(text);
    if (rest.size() > 8 && rest.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
        throw RequestFault(Kind::refused, "announced a chunk that is larger than any body");
    }
    bool more = !takeLastLine(text).empty();
    const std::string_view size = takeLastLine(text);
    const auto end = size.find_first_not_of('0');
    if (!rest.empty() || !size.starts_with('0') ||
        (end != std::string_view::npos &&
         std::string_view("; \t").find(size[end]) == std::string_view::npos)) {
        throw RequestFault(Kind::broken, "sent a malformed chunk");
    }
    _wire->expect(patience, kMaxHead, false);
    while (more) {
        more = false;
        for (int c = get(); c != '\n'; c = get()) {
            more = more || c != '\r';
        }
    }
}

bool HttpConnection::atEnd() {
    return buffered() == 0 && socket().available() == 0;
}

bool HttpConnection::quiet() {
    pollfd poll{socket().impl()->sockfd(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll, 1, 0) == 0;
}

Poco::Net::Session::Ptr HttpConnection::tlsSession() {
    return _secure ? Poco::Net::SecureStreamSocket(socket()).currentSession() : nullptr;
}

}  // namespace rtbatch
