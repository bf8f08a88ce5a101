#pragma once

#include <chrono>
#include <string_view>

#include "tests/cases/case_match.h"
#include "tests/support/http_client.h"

namespace rtbatch::test {

/// Sends the request of a case, to the byte, on a connection of its own, and reads until its answer is
/// complete (a raw one: until the connection closes) or the time is up. It reads while it sends, for a server
/// may answer before it has read all.
Received exchange(const Endpoint& where, const Case& wanted, std::chrono::milliseconds limit);

}  // namespace rtbatch::test
