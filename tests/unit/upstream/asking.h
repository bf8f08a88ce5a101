#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <variant>

#include "common/upstream/http_client.h"
#include "tests/unit/upstream/raw_server.h"

namespace rtbatch::test {

/// Long enough for a slow machine under a sanitizer; a test that passes never waits for it.
inline Deadline ample() {
    return Deadline::in(std::chrono::seconds(30));
}

inline Deadline shortly() {
    return Deadline::in(std::chrono::milliseconds(300));
}

inline HttpOptions optionsFor(const std::string& url) {
    HttpOptions options;
    options.name = "Site";
    options.baseUrl = url;
    options.userAgent = "rtbatch/test (+mailto:test@example.org)";
    return options;
}

using HttpResult = std::variant<HttpReply, UpstreamFailure>;

inline HttpResult ask(HttpClient& client, const std::string& path = "/page", Deadline deadline = ample()) {
    return client.get(path, {{"Accept", "text/html"}}, deadline);
}

/// One request of a fresh client to a server that runs `script`.
inline HttpResult askOnce(RawServer::Script script, Deadline deadline = ample()) {
    const RawServer server(std::move(script));
    HttpClient client(optionsFor(server.url()));
    return ask(client, "/page", deadline);
}

template <typename Result>
const UpstreamFailure& failureIn(const Result& result) {
    REQUIRE(std::holds_alternative<UpstreamFailure>(result));
    return std::get<UpstreamFailure>(result);
}

template <typename Result>
UpstreamFailure::Kind kindOf(const Result& result) {
    return failureIn(result).kind;
}

inline const HttpReply& replyIn(const HttpResult& result) {
    if (const auto* failure = std::get_if<UpstreamFailure>(&result)) {
        FAIL("no reply: " << failure->message);
    }
    return std::get<HttpReply>(result);
}

}  // namespace rtbatch::test
