#include "common/upstream/sparql_request.h"

#include <utility>

#include "common/upstream/reply_status.h"

namespace rtbatch {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

std::string percentEncoded(std::string_view text) {
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

HttpOptions wikidataOptions(HttpOptions options) {
    options.name = siteName(Upstream::wikidata);
    return options;
}

std::string sparqlLiteral(std::string_view text) {
    std::string literal = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            literal.append({'\\', c});
        } else if (byte < 0x20) {
            literal.append("\\u00").append({kDigits[byte >> 4U], kDigits[byte & 15U]});
        } else {
            literal += c;
        }
    }
    return literal + "\"";
}

std::variant<std::string, UpstreamFailure> askSparql(HttpClient& http, const std::string& query,
                                                     Deadline deadline) {
    const std::string& base = http.site().basePath;
    auto result = http.get((base.empty() ? "/" : base) + "?query=" + percentEncoded(query) + "&format=json",
                           {{"Accept", "application/sparql-results+json"}}, deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    auto& reply = std::get<HttpReply>(result);
    if (auto failure = failureOf(reply, http.options().name)) {
        return *std::move(failure);
    }
    return std::move(reply.body);
}

}  // namespace rtbatch
