#pragma once

#include <Poco/JSON/Object.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace rtbatch {

/// Longest body of a request, in bytes.
constexpr std::size_t kMaxBody = std::size_t{16} * 1024;

/// Reads a body that must be one JSON object. `example` is one that would do, for the refusal's words. Throws
/// Problem: 400, 413 or 422.
Poco::JSON::Object::Ptr parseBody(std::string_view body, const std::string& example);

/// Whether a Content-Type header names application/json, with or without parameters. Throws Problem 415 if
/// not.
void checkJson(std::string_view contentType);

}  // namespace rtbatch
