#pragma once

#include <string>
#include <variant>

#include "common/model/deadline.h"
#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Asks Rotten Tomatoes for pages that list films: of /browse/, or of its editorial site. For one thread.
class ListPageClient {
public:
    /// `options.baseUrl` is the site's base; `options.name` is set here. Throws as HttpClient does.
    explicit ListPageClient(HttpOptions options);

    /// The page at `path` (with its query) under the base, whole: one of which nothing says that it is, and
    /// that does not end as a page does, is broken. Redirects inside the site are followed. Blocks, at most
    /// to `deadline`.
    std::variant<std::string, UpstreamFailure> fetch(const std::string& path, Deadline deadline);

private:
    HttpClient _http;
};

}  // namespace rtbatch
