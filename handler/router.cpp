#include "handler/router.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "common/log/log.h"
#include "handler/metrics_page.h"
#include "handler/monitor.h"

namespace rtbatch {

namespace {

void logError(const Call& call, const std::string& message) {
    logEvent(Poco::Logger::get("rtbatch.handler"), Poco::Message::PRIO_ERROR, message,
             {{"request", call.requestId()}});
}

/// The path asked for, without the query, wherever the web server puts it: PATH_INFO behind a CGI program's
/// own name, else SCRIPT_NAME.
std::string_view pathOf(const Exchange& exchange) {
    const std::string_view info = exchange.param("PATH_INFO");
    return info.empty() ? exchange.param("SCRIPT_NAME") : info;
}

/// What a path has after a route's: nothing or one segment; nullopt when it is another path.
std::optional<std::string_view> segmentAfter(std::string_view route, std::string_view path) {
    if (!route.ends_with('/')) {
        return path == route ? std::optional(std::string_view()) : std::nullopt;
    }
    if (!path.starts_with(route)) {
        return std::nullopt;
    }
    const std::string_view segment = path.substr(route.size());
    return segment.empty() || segment.find('/') != std::string_view::npos ? std::nullopt
                                                                          : std::optional(segment);
}

/// Who looks after a service does not wait long for its answer.
constexpr auto kShortWait = std::chrono::seconds(1);

/// The database's version is the operator's matter, and said as it is.
Problem otherVersion(const SchemaError& error) {
    return {503, "store_unavailable", error.publicWords(), {{"Retry-After", "60"}}};
}

Problem storeAway(const StoreError& error) {
    return {503,
            "store_unavailable",
            error.kind() == StoreError::Kind::unwritable
                ? "The database cannot be written; nothing new is fetched. The log has more."
                : "The database cannot be reached. Try again in a few seconds.",
            {{"Retry-After", "5"}}};
}

}  // namespace

Router::Router(RouterOptions options, Store& store, KeyRing& ring, Quota& quota,
               const ConnectionCount& connections, StreamServices services)
    : _options(std::move(options)),
      _store(store),
      _connections(connections),
      _keyCheck(_options.authRequired, ring, quota),
      _keys(store, ring),
      _movies(_options.maxIds, store, services),
      _routes{
          {"POST", "/api/v1/movies/batch", Access::key, EndpointName::batch, Wait::long_,
           [this](auto& call, auto) {
               checkRoom();
               _movies.batch(call);
           }},
          {"GET", "/api/v1/movie/", Access::key, EndpointName::movie, Wait::long_,
           [this](auto& call, auto segment) {
               checkRoom();
               _movies.movie(call, segment);
           }},
          {"GET", "/api/v1/health", Access::everybody, EndpointName::health, Wait::never,
           [this](auto& call, auto) { health(*call); }},
          {"GET", "/api/v1/ready", Access::everybody, EndpointName::ready, Wait::shortly,
           [this](auto& call, auto) { ready(*call); }},
          {"GET", "/api/v1/admin/keys", Access::admin, EndpointName::keys, Wait::long_,
           [this](auto& call, auto) { _keys.list(*call); }},
          {"POST", "/api/v1/admin/keys", Access::admin, EndpointName::keys, Wait::long_,
           [this](auto& call, auto) { _keys.create(*call); }},
          {"DELETE", "/api/v1/admin/keys/", Access::admin, EndpointName::keys, Wait::long_,
           [this](auto& call, auto segment) { _keys.revoke(*call, segment); }},
          {"GET", "/metrics", Access::metrics, EndpointName::metrics, Wait::shortly,
           [this](auto& call, auto) {
               call->answer({200,
                             {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                              {"Cache-Control", "no-store"}},
                             metricsPage(_store, _options.gate)});
           }},
      } {}

void Router::handle(std::unique_ptr<Exchange> exchange, WaitingThreads* waiting) {
    auto call = std::make_unique<Call>(std::move(exchange));
    guarded(call, [&] {
        const Found found = find(*call);
        const Wait wait = found.first->wait;
        if (waiting == nullptr || wait == Wait::never) {
            serve(call, found);
            return;
        }
        _keyCheck.refuseAtSight(*call, found.first->access);
        const auto handed = std::make_shared<std::unique_ptr<Call>>(std::move(call));
        (wait == Wait::shortly ? waiting->looks : waiting->requests).post([this, handed, found] {
            if (!hasDeparted((*handed)->exchange().descriptor())) {
                guarded(*handed, [&] { serve(*handed, found); });
            }
        });
    });
}

/// Turns what `work` throws into the answer, where there is still somebody to be answered.
void Router::guarded(std::unique_ptr<Call>& call, const std::function<void()>& work) {
    try {
        try {
            work();
        } catch (const SchemaError& error) {  // the store has logged it, once
            throw otherVersion(error);
        } catch (const StoreError& error) {
            checkVersionAfter(error);
            if (call) {
                logError(*call, "the store: " + std::string(error.what()));
            }
            throw storeAway(error);
        } catch (const Problem&) {
            throw;
        } catch (const std::exception& error) {
            if (call) {
                logError(*call, "a request failed: " + std::string(error.what()));
            }
            throw Problem(500, "internal_error", "An internal error; the log has more.");
        }
    } catch (const Problem& problem) {
        if (call) {
            call->answer(problem.response());
        }
    }
}

/// Throws Problem when a table was missing because the database is of another version.
void Router::checkVersionAfter(const StoreError& error) {
    if (error.kind() != StoreError::Kind::unmigrated) {
        return;
    }
    try {
        const StorePatience patience(kShortWait);
        _store.check();
    } catch (const SchemaError& other) {
        throw otherVersion(other);
    } catch (const StoreError&) {  // then the first error is the one to be told
    }
}

/// Throws Problem when there is no such route.
Router::Found Router::find(Call& call) const {
    const std::string_view path = pathOf(call.exchange());
    const std::string_view method = call.exchange().param("REQUEST_METHOD");
    std::string allowed;
    for (const Route& route : _routes) {
        const auto segment = segmentAfter(route.path, path);
        if (!segment) {
            continue;
        }
        call.setEndpoint(route.name);
        if (method == route.method || (method == "HEAD" && route.method == "GET")) {
            return {&route, *segment};
        }
        allowed.append(allowed.empty() ? "" : ", ").append(route.method);
        allowed.append(route.method == "GET" ? ", HEAD" : "");
    }
    if (!allowed.empty()) {
        throw Problem(405, "method_not_allowed", "Use " + allowed + " here.", {{"Allow", allowed}});
    }
    throw Problem(404, "no_such_path",
                  "There is nothing here. Batches are asked for with POST /api/v1/movies/batch.");
}

void Router::serve(std::unique_ptr<Call>& call, const Found& found) {
    const auto& [route, segment] = found;
    std::optional<StorePatience> patience;
    if (route->wait == Wait::shortly) {
        patience.emplace(kShortWait);
    }
    _keyCheck.admit(*call, route->access);
    route->endpoint(call, segment);
}

void Router::checkRoom() const {
    if (_connections.value() > _options.maxStreams) {
        throw Problem(503, "too_many_streams", "Too many streams are open. Try again in a few seconds.",
                      {{"Retry-After", "5"}});
    }
}

void Router::health(Call& call) const {
    call.answer(jsonResponse(200, R"({"status":"healthy","version":")" + _options.version + "\"}"));
}

void Router::ready(Call& call) {
    _store.check();
    _store.checkWritable();
    call.answer(jsonResponse(200, R"({"status":"ready"})"));
}

}  // namespace rtbatch
