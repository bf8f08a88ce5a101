#include "handler/router.h"

#include <Poco/Logger.h>
#include <Poco/SHA2Engine.h>

#include <array>
#include <string_view>

#include "common/model/json_text.h"
#include "handler/batch_request.h"

namespace rtbatch {

namespace {

Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.handler");
}

/// Compares in a time that tells nothing about either text: digests of equal length, every byte looked at.
bool sameKey(std::string_view a, std::string_view b) {
    const auto digest = [](std::string_view text) {
        Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
        engine.update(text.data(), text.size());
        return engine.digest();
    };
    const auto first = digest(a);
    const auto second = digest(b);
    unsigned difference = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        difference |= static_cast<unsigned>(first[i] ^ second[i]);
    }
    return difference == 0;
}

/// The path asked for, without the query, wherever the web server puts it: PATH_INFO behind a CGI program's
/// own name, else SCRIPT_NAME.
std::string_view pathOf(const Exchange& exchange) {
    const std::string_view info = exchange.param("PATH_INFO");
    return info.empty() ? exchange.param("SCRIPT_NAME") : info;
}

Problem storeAway() {
    return {503,
            "store_unavailable",
            "The database cannot be reached. Try again in a few seconds.",
            {{"Retry-After", "5"}}};
}

}  // namespace

Router::Router(RouterOptions options, Store& store, const ConnectionCount& connections,
               StreamServices services)
    : _options(std::move(options)), _store(store), _connections(connections), _services(services) {}

void Router::handle(std::unique_ptr<Exchange> exchange) {
    try {
        try {
            dispatch(exchange);
        } catch (const StoreError& error) {
            logger().error("the store: %s", std::string(error.what()));
            throw storeAway();
        } catch (const Problem&) {
            throw;
        } catch (const std::exception& error) {
            logger().error("a request failed: %s", std::string(error.what()));
            throw Problem(500, "internal_error", "An internal error; the log has more.");
        }
    } catch (const Problem& problem) {
        if (exchange) {
            send(*exchange, problem.response());
        }
    }
}

void Router::dispatch(std::unique_ptr<Exchange>& exchange) {
    struct Route {
        std::string_view method;
        std::string_view path;
        bool needsKey;
        Endpoint endpoint;
    };
    static constexpr std::array<Route, 3> kRoutes{{
        {"POST", "/api/v1/movies/batch", true, &Router::batch},
        {"GET", "/api/v1/health", false, &Router::health},
        {"GET", "/api/v1/ready", false, &Router::ready},
    }};
    const std::string_view path = pathOf(*exchange);
    const std::string_view method = exchange->param("REQUEST_METHOD");
    for (const Route& route : kRoutes) {
        if (route.path != path) {
            continue;
        }
        if (route.method != method) {
            const std::string allowed(route.method);
            throw Problem(405, "method_not_allowed", "Use " + allowed + " here.", {{"Allow", allowed}});
        }
        if (route.needsKey) {
            checkKey(*exchange);
        }
        (this->*route.endpoint)(exchange);
        return;
    }
    throw Problem(404, "no_such_path",
                  "There is nothing here. Batches are asked for with POST /api/v1/movies/batch.");
}

void Router::checkKey(const Exchange& exchange) const {
    if (!_options.authRequired) {
        return;
    }
    const std::string_view key = exchange.param("HTTP_X_API_KEY");
    const Headers challenge{{"WWW-Authenticate", R"(X-API-Key realm="rtbatch")"}};
    if (key.empty()) {
        throw Problem(401, "key_missing", "Send your key in the header X-API-Key.", challenge);
    }
    if (_options.adminKey.empty() || !sameKey(key, _options.adminKey)) {
        throw Problem(401, "key_unknown", "This key is not known, or was revoked. Ask the operator for one.",
                      challenge);
    }
}

void Router::batch(std::unique_ptr<Exchange>& exchange) {
    const Deadline deadline = Deadline::in(_services.options.timeout);
    if (_connections.value() > _options.maxStreams) {
        throw Problem(503, "too_many_streams", "Too many streams are open. Try again in a few seconds.",
                      {{"Retry-After", "5"}});
    }
    if (!isJson(exchange->param("CONTENT_TYPE"))) {
        throw Problem(415, "unsupported_media_type", "Send the body as Content-Type: application/json.");
    }
    const bool lenient = prefersLenient(exchange->param("HTTP_PREFER"));
    BatchRequest request = parseBatch(exchange->body(), _options.maxIds, lenient);
    std::vector<CachedMovie> rows =
        request.ids.empty() ? std::vector<CachedMovie>{} : _store.findMovies(request.ids);
    std::make_shared<BatchStream>(_services, std::move(exchange), request, std::move(rows), deadline)
        ->start();
    _services.demand.asked(std::move(request.ids));
}

void Router::health(std::unique_ptr<Exchange>& exchange) {
    send(*exchange, jsonResponse(200, R"({"status":"healthy","version":")" + _options.version + "\"}"));
}

void Router::ready(std::unique_ptr<Exchange>& exchange) {
    try {
        _store.check();
    } catch (const StoreError& error) {
        logger().warning("not ready: %s", std::string(error.what()));
        throw storeAway();
    }
    send(*exchange, jsonResponse(200, R"({"status":"ready"})"));
}

}  // namespace rtbatch
