#include "common/upstream/wikidata_client.h"

#include <stdexcept>
#include <utility>

#include "common/upstream/reply_status.h"
#include "common/upstream/request_fault.h"
#include "common/upstream/sparql.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxIds = 50;

HttpOptions named(HttpOptions options) {
    options.name = "Wikidata";
    return options;
}

std::string percentEncoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
            out += c;
        } else {
            out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
        }
    }
    return out;
}

}  // namespace

WikidataClient::WikidataClient(HttpOptions options) : _http(named(std::move(options))) {}

std::variant<IdAnswers, UpstreamFailure> WikidataClient::resolve(std::span<const ImdbId> ids,
                                                                 Deadline deadline) {
    if (ids.size() > kMaxIds) {
        throw std::invalid_argument("more than 50 ids in one query");
    }
    if (ids.empty()) {
        return IdAnswers{};
    }
    const std::string& base = _http.site().basePath;
    auto result =
        _http.get((base.empty() ? "/" : base) + "?query=" + percentEncoded(rtIdQuery(ids)) + "&format=json",
                  {{"Accept", "application/sparql-results+json"}}, deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    const auto& reply = std::get<HttpReply>(result);
    if (auto failure = failureOf(reply, _http.options().name)) {
        return std::move(*failure);
    }
    try {
        return readRtIds(reply.body, ids);
    } catch (const RequestFault& fault) {
        return UpstreamFailure{fault.kind(), _http.options().name + " " + fault.what(), std::nullopt};
    }
}

}  // namespace rtbatch
