#include "common/upstream/http_client.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "common/upstream/http_connection.h"
#include "common/upstream/reply_body.h"
#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

using Kind = UpstreamFailure::Kind;

constexpr int kMaxRedirects = 3;
/// Longer than that, firewalls on the way forget connections without a word.
constexpr std::chrono::seconds kMaxIdle{20};
/// A body that nobody wants is read to the end, to keep the connection, only while it is as small and quick.
constexpr std::size_t kMaxDrained = std::size_t{128} * 1024;
constexpr std::chrono::milliseconds kMaxDrainTime{500};

bool isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool hasControls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// Reads a body that nobody wants; false when the connection is no longer worth keeping.
bool drain(HttpConnection& connection, const ReplyFrame& frame, const Patience& patience) {
    if (frame.untilClose) {
        return false;
    }
    try {
        connection.readBody(frame, kMaxDrained, patience.until(Deadline::in(kMaxDrainTime)));
        return true;
    } catch (const RequestFault&) {
        return false;  // the answer itself has been read, and stands
    }
}

}  // namespace

HttpClient::HttpClient(HttpOptions options)
    : _options(std::move(options)), _site(Site::parse(_options.baseUrl)) {
    if (hasControls(_options.userAgent)) {
        throw std::invalid_argument("the User-Agent must not contain control characters");
    }
    if (_site.tls) {
        _tls = TlsContext::forAuthorities(_options.caFile);
    }
}

HttpClient::~HttpClient() = default;

std::variant<HttpReply, UpstreamFailure> HttpClient::get(const std::string& path, const Headers& headers,
                                                         Deadline deadline) {
    if (!isRequestPath(path)) {
        throw std::invalid_argument("not a path to ask for: " + path);
    }
    try {
        return follow(path, headers, Patience(_cancel, deadline));
    } catch (const RequestFault& fault) {
        _connection.reset();
        return UpstreamFailure{fault.kind(), _options.name + " " + fault.what(), std::nullopt};
    } catch (const std::exception& e) {
        // The machine's own troubles: no descriptor, no memory, no thread.
        _connection.reset();
        return UpstreamFailure{Kind::broken, _options.name + " could not be asked: " + e.what(),
                               std::nullopt};
    }
}

HttpReply HttpClient::follow(std::string path, const Headers& headers, const Patience& patience) {
    for (int redirects = 0;; ++redirects) {
        auto [reply, location] = exchange(path, headers, patience);
        if (!isRedirect(reply.status)) {
            reply.path = std::move(path);
            return std::move(reply);
        }
        if (redirects == kMaxRedirects) {
            throw RequestFault(Kind::redirected, "redirects more than 3 times");
        }
        auto next = _site.follow(path, location);
        if (!next) {
            throw RequestFault(Kind::redirected, "redirects away from its own site");
        }
        path = std::move(*next);
    }
}

std::pair<HttpReply, std::string> HttpClient::exchange(const std::string& path, const Headers& headers,
                                                       const Patience& patience) {
    dropIfStale();
    bool mayRetry = _connection != nullptr;
    for (;;) {
        if (!_connection) {
            _connection = HttpConnection::open(_site, _tls, _tlsSession, _options.connectTimeout, patience);
        }
        const auto connection = _connection;  // which asking may drop, but not while this looks at it
        try {
            return ask(*connection, path, headers, patience);
        } catch (const RequestFault& fault) {
            _connection.reset();
            // The site closed the kept connection just as we asked (RFC 9112, 9.3.1). Once any byte of an
            // answer has come, or on a fresh connection, it is a fault like any other.
            if (!mayRetry || connection->begun() || fault.kind() != Kind::broken) {
                throw;
            }
            mayRetry = false;
        }
    }
}

std::pair<HttpReply, std::string> HttpClient::ask(HttpConnection& connection, const std::string& path,
                                                  const Headers& headers, const Patience& patience) {
    Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
    request.set("Host", _site.hostField());
    request.set("User-Agent", _options.userAgent);
    request.set("Accept-Encoding", "gzip");
    for (const auto& [name, value] : headers) {
        request.set(name, value);
    }
    Poco::Net::HTTPResponse response;
    const ReplyFrame frame = connection.ask(request, response, patience);
    HttpReply reply;
    reply.status = frame.status;
    reply.contentType = response.get("Content-Type", "");
    reply.etag = response.get("ETag", "");
    reply.retryAfter = response.get("Retry-After", "");
    reply.date = response.get("Date", "");
    bool whole = true;
    if (reply.status == 200) {
        reply.body = connection.readBody(frame, _options.maxBody, patience);
        if (frame.gzip) {
            reply.body = gunzip(reply.body, _options.maxBody);
        }
        reply.endKnown = !frame.untilClose || frame.gzip || connection.secure();
    } else {
        whole = drain(connection, frame, patience);
    }
    _tlsSession = connection.tlsSession();
    if (whole && frame.keepAlive && !frame.untilClose && connection.atEnd()) {
        _lastUse = Deadline::Clock::now();
    } else {
        _connection.reset();
    }
    return {std::move(reply), response.get("Location", "")};
}

void HttpClient::dropIfStale() {
    if (_connection && (Deadline::Clock::now() - _lastUse > kMaxIdle || !_connection->quiet())) {
        _connection.reset();
    }
}

}  // namespace rtbatch
