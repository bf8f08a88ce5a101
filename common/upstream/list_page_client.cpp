#include "common/upstream/list_page_client.h"

#include <utility>

#include "common/upstream/reply_status.h"

namespace rtbatch {

namespace {

HttpOptions named(HttpOptions options) {
    options.name = siteName(Upstream::rottenTomatoes);
    return options;
}

}  // namespace

ListPageClient::ListPageClient(HttpOptions options) : _http(named(std::move(options))) {}

std::variant<std::string, UpstreamFailure> ListPageClient::fetch(const std::string& path, Deadline deadline) {
    const std::string& name = _http.options().name;
    auto result = _http.get(_http.site().basePath + path, {{"Accept", "text/html"}}, deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    auto& reply = std::get<HttpReply>(result);
    if (auto failure = failureOf(reply, name)) {
        return *std::move(failure);
    }
    if (!reply.endKnown && reply.body.rfind("</html>") == std::string::npos) {
        return UpstreamFailure{UpstreamFailure::Kind::broken, name + " broke off its answer", std::nullopt};
    }
    return std::move(reply.body);
}

}  // namespace rtbatch
