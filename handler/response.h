#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rtbatch {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A whole answer, for everything that is no stream.
struct Response {
    int status = 200;
    Headers headers;
    std::string body;
};

Response jsonResponse(int status, std::string body);

/// `Status: 200 OK` and these headers, each with its line's end; the empty line is not there yet.
std::string renderHead(int status, const Headers& headers);

/// A request that is refused, thrown where the fault is found and answered in one place as
/// `application/problem+json` (RFC 9457).
class Problem : public std::runtime_error {
public:
    /// `error` is the stable code for programs, `detail` tells a person what to do; `members` are further
    /// ones of the body, rendered: `"name":value`.
    Problem(int status, std::string error, const std::string& detail, Headers headers = {},
            std::string members = {});

    Response response() const;

private:
    int _status;
    std::string _error;
    Headers _headers;
    std::string _members;
};

}  // namespace rtbatch
