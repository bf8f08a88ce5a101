#include "common/upstream/wikidata_client.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/upstream/sparql.h"
#include "common/upstream/sparql_request.h"
#include "common/upstream/wikidata_mapping.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxIds = 50;

/// A row has some 250 bytes, and a film one row, rarely two. What is larger is somebody's mistake or malice,
/// and reading it as JSON takes fifty times its size.
constexpr std::size_t kMaxReply = std::size_t{256} * 1024;

HttpOptions capped(HttpOptions options) {
    options.maxBody = std::min(options.maxBody, kMaxReply);
    return options;
}

}  // namespace

WikidataClient::WikidataClient(HttpOptions options) : _http(capped(wikidataOptions(std::move(options)))) {}

std::variant<IdAnswers, UpstreamFailure> WikidataClient::resolve(std::span<const ImdbId> ids,
                                                                 Deadline deadline) {
    if (ids.size() > kMaxIds) {
        throw std::invalid_argument("more than 50 ids in one query");
    }
    if (ids.empty()) {
        return IdAnswers{};
    }
    auto result = askSparql(_http, rtIdQuery(ids), deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    return readSparql(_http, [&] { return readRtIds(std::get<std::string>(result), ids); });
}

std::variant<std::vector<ImdbId>, UpstreamFailure> WikidataClient::moviesOf(const RtId& rtId,
                                                                            Deadline deadline) {
    const std::span<const RtId> one(&rtId, 1);
    auto result = askSparql(_http, moviesQuery(one), deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    return readSparql(_http, [&] {
        std::vector<ImdbId> ids;
        for (const auto& [wanted, movies] : readMovies(std::get<std::string>(result), one)) {
            for (const auto& [id, preferred] : movies) {
                ids.push_back(id);
            }
        }
        return ids;
    });
}

}  // namespace rtbatch
