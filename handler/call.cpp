#include "handler/call.h"

#include <utility>

#include "handler/request_id.h"

namespace rtbatch {

Call::Call(std::unique_ptr<Exchange> exchange)
    : _exchange(std::move(exchange)), _requestId(requestIdOf(_exchange->param("HTTP_X_REQUEST_ID"))) {
    addHeader("X-Request-Id", _requestId);
}

void Call::addHeader(std::string name, std::string value) {
    _headers.emplace_back(std::move(name), std::move(value));
}

std::string Call::head(int status, const Headers& headers, std::optional<std::size_t> length) {
    _status = status;
    metrics().requests.countBoth(_endpoint, static_cast<CodeClass>(status / 100 - 2));
    std::string text = renderHead(status, headers);
    for (const auto& [name, value] : _headers) {
        text.append(name).append(": ").append(value).append("\r\n");
    }
    if (length) {
        text.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
    }
    return text.append("\r\n");
}

void Call::answer(const Response& response) {
    const bool hasBody = response.status != 204 && response.status != 304;
    _exchange->finish(head(response.status, response.headers,
                           hasBody ? std::optional(response.body.size()) : std::nullopt) +
                      response.body);
}

}  // namespace rtbatch
