#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/model/deadline.h"
#include "common/upstream/http_client.h"
#include "common/upstream/request_fault.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// `options` with the name by which messages call this upstream.
HttpOptions wikidataOptions(HttpOptions options);

/// `text` as a literal of SPARQL, with its quotes.
std::string sparqlLiteral(std::string_view text);

/// Asks the endpoint at the client's base URL one query, and gives the reply's body, which is not looked at.
std::variant<std::string, UpstreamFailure> askSparql(HttpClient& http, const std::string& query,
                                                     Deadline deadline);

/// What `read` makes of a reply, or the failure that its RequestFault stands for.
template <typename Read>
auto readSparql(const HttpClient& http, Read read) -> std::variant<decltype(read()), UpstreamFailure> {
    try {
        return read();
    } catch (const RequestFault& fault) {
        return UpstreamFailure{fault.kind(), http.options().name + " " + fault.what(), std::nullopt};
    }
}

}  // namespace rtbatch
