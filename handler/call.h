#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/metrics/metrics.h"
#include "common/model/deadline.h"
#include "handler/exchange.h"
#include "handler/response.h"

namespace rtbatch {

/// One request on its way to its answer: the exchange, and what is known of it by then. Used by one thread at
/// a time.
class Call {
public:
    /// Takes the client's X-Request-Id, or makes one; see requestIdOf().
    explicit Call(std::unique_ptr<Exchange> exchange);

    Exchange& exchange() { return *_exchange; }
    const std::string& requestId() const { return _requestId; }
    Deadline::Clock::time_point began() const { return _began; }

    /// For counting.
    void setEndpoint(EndpointName endpoint) { _endpoint = endpoint; }
    EndpointName endpoint() const { return _endpoint; }
    /// Whose key it is, for the log: never the key.
    void setKeyName(std::string name) { _keyName = std::move(name); }
    const std::string& keyName() const { return _keyName; }
    /// What every answer to this request says.
    void addHeader(std::string name, std::string value);

    /// The head of the answer, to be written once. Without `length` the body ends with the exchange.
    std::string head(int status, const Headers& headers, std::optional<std::size_t> length = std::nullopt);

    /// Writes a whole answer and ends the exchange cleanly.
    void answer(const Response& response);

    /// 0 before the head was made.
    int status() const { return _status; }

private:
    std::unique_ptr<Exchange> _exchange;
    const Deadline::Clock::time_point _began = Deadline::Clock::now();
    std::string _requestId;
    EndpointName _endpoint = EndpointName::other;
    std::string _keyName;
    Headers _headers;
    int _status = 0;
};

}  // namespace rtbatch
