#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/model/timestamp.h"
#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// What a Retry-After field asks for (RFC 9110, 10.2.3): seconds, or a date seen from `t`. Never negative and
/// at most 30 days; nothing when it is empty or not understood.
std::optional<std::chrono::seconds> parseRetryAfter(const std::string& text, Timestamp t);

/// What a reply other than 200 means, the same for both upstreams; nothing for a 200. `name` is the upstream.
std::optional<UpstreamFailure> failureOf(const HttpReply& reply, const std::string& name);

}  // namespace rtbatch
