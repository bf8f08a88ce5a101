#pragma once

#include <Poco/AutoPtr.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/model/deadline.h"
#include "common/upstream/patience.h"
#include "common/upstream/site.h"
#include "common/upstream/upstream.h"

namespace Poco::Net {
class Session;
}

namespace rtbatch {

class HttpConnection;
struct TlsContext;

/// How to reach one upstream.
struct HttpOptions {
    std::string name;       ///< of the upstream, as an operator knows it; begins every message
    std::string baseUrl;    ///< http or https, host, port and the path under which its pages lie
    std::string userAgent;  ///< names the product and the operator's contact
    std::string caFile = "/etc/ssl/certs/ca-certificates.crt";  ///< trusted authorities, PEM; https only
    std::chrono::milliseconds connectTimeout{5000};      ///< of one TCP connect, and of the TLS handshake
    std::size_t maxBody = std::size_t{4} * 1024 * 1024;  ///< bytes of a reply, as sent and inflated
};

/// A reply that came whole. Only a 200 brings its body; those of other statuses are thrown away unread.
struct HttpReply {
    int status = 0;
    std::string contentType;
    std::string etag;
    std::string retryAfter;  ///< as it was sent: seconds or a date
    std::string date{};      ///< as it was sent: what the sender's clock said
    std::string body;        ///< inflated
    /// False when only the closing of a plain connection marked the end, so that nothing tells a whole body
    /// from a cut one.
    bool endKnown = true;
    std::string path;  ///< with its query, of the page in the end, after redirects
};

/// GET requests to one site, over one connection that is kept and used again. Poco's client session speaks
/// HTTP, on a socket of ours below it whose every wait is under the request's one deadline.
/// For one thread; only cancel() may be called from others.
class HttpClient {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    /// Opens no connection. Throws std::invalid_argument, which says what is wrong: the URL, the
    /// certificates' file, a User-Agent with control characters.
    explicit HttpClient(HttpOptions options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Asks for `path` (from the root of the site, percent-encoded) and follows up to 3 redirects inside the
    /// site. A kept connection that turns out dead is replaced once. Blocks, at most to `deadline`, which
    /// covers everything from the look-up of the name to the last byte. Never throws for what a peer does;
    /// throws std::invalid_argument for a `path` that is none.
    std::variant<HttpReply, UpstreamFailure> get(const std::string& path, const Headers& headers,
                                                 Deadline deadline);

    /// Ends the open request at once, and every later one before it begins, as cancelled. From any thread.
    void cancel() noexcept { _cancel.raise(); }

    const HttpOptions& options() const { return _options; }
    const Site& site() const { return _site; }

private:
    HttpReply follow(std::string path, const Headers& headers, const Patience& patience);
    std::pair<HttpReply, std::string> exchange(const std::string& path, const Headers& headers,
                                               const Patience& patience);
    std::pair<HttpReply, std::string> ask(HttpConnection& connection, const std::string& path,
                                          const Headers& headers, const Patience& patience);
    void dropIfStale();

    HttpOptions _options;
    Site _site;
    std::shared_ptr<TlsContext> _tls;               ///< null for http
    Poco::AutoPtr<Poco::Net::Session> _tlsSession;  ///< of the last connection, to be taken up again
    CancelSignal _cancel;
    std::shared_ptr<HttpConnection> _connection;  ///< kept between requests; null when there is none to keep
    Deadline::Clock::time_point _lastUse;         ///< of the kept connection
};

}  // namespace rtbatch
