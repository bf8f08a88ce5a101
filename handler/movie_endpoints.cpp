#include "handler/movie_endpoints.h"

#include <chrono>
#include <utility>
#include <vector>

#include "common/model/json_text.h"
#include "handler/batch_request.h"
#include "handler/json_body.h"
#include "handler/monitor.h"

namespace rtbatch {

namespace {

/// Who waited longer than this for the look-up may have given up.
constexpr std::chrono::seconds kLongLook{1};

}  // namespace

void MovieEndpoints::batch(std::unique_ptr<Call>& call) {
    const Deadline deadline = Deadline::in(_services.options.timeout);
    const Exchange& exchange = call->exchange();
    checkJson(exchange.param("CONTENT_TYPE"));
    auto format = batchFormat(exchange.param("HTTP_ACCEPT"));
    BatchRequest request =
        parseBatch(exchange.body(), _maxIds, prefersLenient(exchange.param("HTTP_PREFER")));
    request.cacheControl = parseCacheControl(exchange.param("HTTP_CACHE_CONTROL"));
    start(call, std::move(format), std::move(request), deadline);
}

void MovieEndpoints::movie(std::unique_ptr<Call>& call, std::string_view imdbId) {
    const Deadline deadline = Deadline::in(_services.options.movieTimeout);
    const auto id = ImdbId::parse(imdbId);
    if (!id) {
        std::string invalid = R"("invalid":[)";
        appendJsonString(invalid, imdbId);
        throw Problem(422, "invalid_id", std::string(ImdbId::whyNot(imdbId)), {}, invalid + "]");
    }
    const Exchange& exchange = call->exchange();
    start(call, movieFormat(exchange.param("HTTP_IF_NONE_MATCH")),
          {.ids = {*id},
           .invalid = {},
           .cacheControl = parseCacheControl(exchange.param("HTTP_CACHE_CONTROL"))},
          deadline);
}

void MovieEndpoints::start(std::unique_ptr<Call>& call, std::unique_ptr<Format> format, BatchRequest request,
                           Deadline deadline) {
    const Deadline patience = Deadline::in(kLongLook);
    const std::vector<MovieRow> rows = _store.findRecent(request.ids);
    if (patience.passed() && hasDeparted(call->exchange().descriptor())) {
        call.reset();  // the database hung, and nobody waits for this any more
        return;
    }
    std::make_shared<BatchStream>(_services, call, std::move(format), request, rows, deadline)->start();
    _services.demand.asked(std::move(request.ids));
}

}  // namespace rtbatch
