#pragma once

#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Asks Wikidata's SPARQL endpoint. One object for each worker thread; only cancel() may be called from
/// others.
class WikidataClient : public IdSource {
public:
    /// `options.baseUrl` is the endpoint itself; `options.name` is set here. Throws as HttpClient does.
    explicit WikidataClient(HttpOptions options);

    /// Throws std::invalid_argument for more than 50 ids; asks nothing for none. A reply of more than 256 KiB
    /// is refused.
    std::variant<IdAnswers, UpstreamFailure> resolve(std::span<const ImdbId> ids, Deadline deadline) override;

    std::variant<std::vector<ImdbId>, UpstreamFailure> moviesOf(const RtId& rtId, Deadline deadline) override;

    /// See HttpClient::cancel().
    void cancel() noexcept override { _http.cancel(); }

private:
    HttpClient _http;
};

}  // namespace rtbatch
