#include "common/upstream/rotten_tomatoes_client.h"

#include <string_view>
#include <utility>

#include "common/upstream/reply_status.h"

namespace rtbatch {

namespace {

HttpOptions named(HttpOptions options) {
    options.name = siteName(Upstream::rottenTomatoes);
    return options;
}

/// The id that the path of a page stands for: without the site's base, the query and a slash at the end.
std::optional<RtId> idOfPath(std::string_view path, std::string_view base) {
    if (!path.starts_with(base) || !path.substr(base.size()).starts_with('/')) {
        return std::nullopt;
    }
    path.remove_prefix(base.size() + 1);
    path = path.substr(0, path.find('?'));
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return RtId::parse(path);
}

}  // namespace

RottenTomatoesClient::RottenTomatoesClient(HttpOptions options) : _http(named(std::move(options))) {}

std::variant<Page, UpstreamFailure> RottenTomatoesClient::fetch(const RtId& id, Deadline deadline) {
    const std::string& base = _http.site().basePath;
    const std::string& name = _http.options().name;
    auto result = _http.get(base + "/" + id.text(), {{"Accept", "text/html"}}, deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        failure->page = id.text();
        return std::move(*failure);
    }
    auto& reply = std::get<HttpReply>(result);
    if (auto failure = failureOf(reply, name)) {
        return std::move(*failure);
    }
    auto found = idOfPath(reply.path, base);
    if (!found) {
        return UpstreamFailure{UpstreamFailure::Kind::redirected,
                               name + " redirects " + id.text() + " to a page that is no film's",
                               std::nullopt, id.text()};
    }
    // Without a length a cut page and a whole one look alike, and a cut one may lack a score that is there.
    if (!reply.endKnown && reply.body.rfind("</html>") == std::string::npos) {
        return UpstreamFailure{UpstreamFailure::Kind::broken, name + " broke off its answer", std::nullopt};
    }
    return Page{std::move(*found), std::move(reply.body)};
}

}  // namespace rtbatch
