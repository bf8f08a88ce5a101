#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/model/deadline.h"
#include "common/store/store.h"
#include "handler/batch_stream.h"
#include "handler/connection_count.h"
#include "handler/exchange.h"
#include "handler/response.h"

namespace rtbatch {

struct RouterOptions {
    bool authRequired = true;
    std::string adminKey;  ///< the only key; empty: none
    std::size_t maxIds = 50;
    int maxStreams = 8192;
    std::string version;
};

/// Gives each request its answer: finds the endpoint, checks the key, and turns every refusal into
/// problem+json in one place.
class Router {
public:
    Router(RouterOptions options, Store& store, const ConnectionCount& connections, StreamServices services);

    /// Never throws. A batch's stream goes on after this returns.
    void handle(std::unique_ptr<Exchange> exchange);

private:
    using Endpoint = void (Router::*)(std::unique_ptr<Exchange>&);

    void dispatch(std::unique_ptr<Exchange>& exchange);
    void batch(std::unique_ptr<Exchange>& exchange);
    void health(std::unique_ptr<Exchange>& exchange);
    void ready(std::unique_ptr<Exchange>& exchange);
    void checkKey(const Exchange& exchange) const;

    const RouterOptions _options;
    Store& _store;
    const ConnectionCount& _connections;
    StreamServices _services;
};

}  // namespace rtbatch
