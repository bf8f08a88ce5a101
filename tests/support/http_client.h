#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "tests/support/http_response.h"

namespace rtbatch::test {

/// Where nginx listens, on loopback.
struct Endpoint {
    std::uint16_t port = 0;
    bool tls = false;
};

struct HttpRequest {
    std::string method = "GET";
    std::string path = "/";
    std::map<std::string, std::string> headers{};
    std::string body{};
    bool recorded = true;  ///< false: docs/openapi.yaml does not say what is answered
};

/// One request on a connection of its own, sent when constructed; the response is read when asked for.
class HttpClient {
public:
    /// Throws Poco::Net::NetException when nothing listens.
    HttpClient(const Endpoint& where, const HttpRequest& request);

    /// Reads until `enough` holds for the response, the connection ends, or `limit` passes. Gives what
    /// `enough` says.
    bool readUntil(const std::function<bool(const HttpResponse&)>& enough, std::chrono::milliseconds limit);

    /// Reads to the end of the response, clean or torn. Throws std::runtime_error with what came when `limit`
    /// passes.
    const HttpResponse& readToEnd(std::chrono::milliseconds limit = std::chrono::seconds(20));

    /// Closes the connection, as a client that leaves.
    void leave();

    const HttpResponse& response() const { return _response; }
    Clock::time_point sentAt() const { return _sentAt; }

private:
    friend void readAllToEnd(std::span<HttpClient> clients, std::chrono::milliseconds limit);

    void readOnce(std::chrono::milliseconds wait);
    void recordWhole();
    bool ended() const { return _response.complete() || _response.closed(); }

    Poco::Net::StreamSocket _socket;
    std::string _method, _path;
    HttpResponse _response;
    Clock::time_point _sentAt;
    bool _toRecord;
};

/// Reads many plain connections at once, each to its end, in this one thread; also those that ended long ago.
/// Throws std::runtime_error when `limit` passes.
void readAllToEnd(std::span<HttpClient> clients, std::chrono::milliseconds limit);

/// Sends one request and reads its whole response.
HttpResponse ask(const Endpoint& where, const HttpRequest& request);

}  // namespace rtbatch::test
