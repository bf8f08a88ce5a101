#pragma once

#include <string_view>

namespace rtbatch {

/// One request and its answer, as a CGI/1.1 program sees it (RFC 3875), whatever brought it: FastCGI, plain
/// CGI, or a test's memory. Used by one thread at a time. Destroyed without finish() it is torn: the client
/// sees a broken transfer and never a clean end.
class Exchange {
public:
    virtual ~Exchange() = default;

    /// A meta-variable, `REQUEST_METHOD`, `HTTP_X_API_KEY`; empty when there is none. Lives as long as the
    /// exchange.
    virtual std::string_view param(const char* name) const = 0;

    /// The body, whole. Lives as long as the exchange.
    virtual std::string_view body() const = 0;

    /// Sends these bytes now, in one piece. False when the other side has gone.
    virtual bool write(std::string_view bytes) = 0;

    /// Sends these bytes, which may be none, and ends the answer cleanly. False when the other side has gone.
    virtual bool finish(std::string_view bytes) = 0;

    /// Whether the web server has read all that was written.
    virtual bool drained() const = 0;

    /// What a monitor polls to see the other side leave; -1 when there is nothing to poll.
    virtual int descriptor() const = 0;
};

}  // namespace rtbatch
