#include "handler/response.h"

#include <Poco/Net/HTTPResponse.h>

#include "common/model/json_text.h"

namespace rtbatch {

namespace {

const std::string& reason(int status) {
    return Poco::Net::HTTPResponse::getReasonForStatus(
        static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
}

}  // namespace

Response jsonResponse(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

std::string renderHead(int status, const Headers& headers) {
    std::string out = "Status: " + std::to_string(status) + " " + reason(status) + "\r\n";
    for (const auto& [name, value] : headers) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
    return out;
}

Problem::Problem(int status, std::string error, const std::string& detail, Headers headers,
                 std::string members)
    : std::runtime_error(detail),
      _status(status),
      _error(std::move(error)),
      _headers(std::move(headers)),
      _members(std::move(members)) {}

Response Problem::response() const {
    std::string body = R"({"type":"urn:rtbatch:problem:)" + _error + R"(","title":)";
    appendJsonString(body, reason(_status));
    body += R"(,"status":)" + std::to_string(_status) + R"(,"detail":)";
    appendJsonString(body, what());
    body += R"(,"error":")" + _error + '"' + (_members.empty() ? "" : ",") + _members + '}';
    Headers headers{{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}};
    headers.insert(headers.end(), _headers.begin(), _headers.end());
    return {_status, std::move(headers), std::move(body)};
}

}  // namespace rtbatch
