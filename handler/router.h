#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/fetch/gate.h"
#include "common/keys/key_ring.h"
#include "common/keys/quota.h"
#include "common/store/store.h"
#include "handler/call.h"
#include "handler/connection_count.h"
#include "handler/exchange.h"
#include "handler/key_check.h"
#include "handler/key_endpoints.h"
#include "handler/movie_endpoints.h"

namespace rtbatch {

struct RouterOptions {
    bool authRequired = true;
    std::size_t maxIds = 50;
    int maxStreams = 8192;
    std::string version;
    GateOptions gate;
};

/// Gives each request its answer: finds the endpoint, has its key looked at, and turns every refusal into
/// problem+json in one place.
class Router {
public:
    Router(RouterOptions options, Store& store, KeyRing& ring, Quota& quota,
           const ConnectionCount& connections, StreamServices services);

    /// Never throws. A batch's stream goes on after this returns.
    void handle(std::unique_ptr<Exchange> exchange);

private:
    /// Takes the call when the answer goes on afterwards. `segment` is what the path has after the route's.
    using Endpoint = std::function<void(std::unique_ptr<Call>& call, std::string_view segment)>;

    struct Route {
        std::string_view method;  ///< GET stands for HEAD too
        std::string_view path;    ///< one that ends in / is followed by one more segment
        Access access;
        EndpointName name;
        Endpoint endpoint;
    };

    void dispatch(std::unique_ptr<Call>& call);
    void checkRoom() const;
    void health(Call& call) const;
    void ready(Call& call);

    const RouterOptions _options;
    Store& _store;
    const ConnectionCount& _connections;
    KeyCheck _keyCheck;
    KeyEndpoints _keys;
    MovieEndpoints _movies;
    const std::vector<Route> _routes;
};

}  // namespace rtbatch
