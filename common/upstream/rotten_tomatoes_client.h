#pragma once

#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Asks Rotten Tomatoes for pages. One object for each worker thread; only cancel() may be called from
/// others.
class RottenTomatoesClient : public PageSource {
public:
    /// `options.baseUrl` is the site's base; `options.name` is set here. Throws as HttpClient does.
    explicit RottenTomatoesClient(HttpOptions options);

    /// A redirect to what is no film's or series' page (the home page, a search) is a failure.
    std::variant<Page, UpstreamFailure> fetch(const RtId& id, Deadline deadline) override;

    /// See HttpClient::cancel().
    void cancel() noexcept override { _http.cancel(); }

private:
    HttpClient _http;
};

}  // namespace rtbatch
