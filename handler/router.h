#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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
#include "handler/worker_pool.h"

namespace rtbatch {

struct RouterOptions {
    bool authRequired = true;
    std::size_t maxIds = 50;
    int maxStreams = 8192;
    std::string version;
    GateOptions gate;
};

/// Threads that wait for the database in the place of those that take requests, so that a database that hangs
/// holds up nothing that does not need it.
struct WaitingThreads {
    WorkerPool requests;
    WorkerPool looks;  ///< for what waits but shortly
};

/// Gives each request its answer: finds the endpoint, has its key looked at, and turns every refusal into
/// problem+json in one place.
class Router {
public:
    Router(RouterOptions options, Store& store, KeyRing& ring, Quota& quota,
           const ConnectionCount& connections, StreamServices services);

    /// Never throws. A batch's stream goes on after this returns. With `waiting` the calling thread does not
    /// wait for the database; one of those does.
    void handle(std::unique_ptr<Exchange> exchange, WaitingThreads* waiting);

private:
    /// Takes the call when the answer goes on afterwards. `segment` is what the path has after the route's.
    using Endpoint = std::function<void(std::unique_ptr<Call>& call, std::string_view segment)>;

    /// How long an endpoint may wait for the database.
    enum class Wait { never, shortly, long_ };

    struct Route {
        std::string_view method;  ///< GET stands for HEAD too
        std::string_view path;    ///< one that ends in / is followed by one more segment
        Access access;
        EndpointName name;
        Wait wait;
        Endpoint endpoint;
    };

    /// A route, and the segment after it.
    using Found = std::pair<const Route*, std::string_view>;

    Found find(Call& call) const;
    void serve(std::unique_ptr<Call>& call, const Found& found);
    void checkVersionAfter(const StoreError& error);
    void guarded(std::unique_ptr<Call>& call, const std::function<void()>& work);
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
