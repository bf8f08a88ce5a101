#include "handler/parts.h"

#include <Poco/Logger.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "common/assembly/options.h"
#include "common/upstream/rotten_tomatoes_client.h"
#include "common/upstream/wikidata_client.h"
#include "handler/late_sources.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Threads that step parked streams. Others than those that take requests, which may wait for a database that
/// hangs: that must not hold up the streams.
constexpr int kStreamWorkers = 2;

FetcherOptions fetcherOptions(const Config& config, Scale scale) {
    FetcherOptions options;
    // One request asks for all its ids in one query.
    options.wikidataWorkers = scale == Scale::service ? config.wikidataMaxConcurrent : 1;
    // Twice as many as slots: while some read their pages, others have their requests open.
    options.pageWorkers = 2 * config.rtMaxConcurrent;
    options.wikidataTimeout = config.wikidataTimeout;
    options.pageTimeout = config.rtTimeout;
    options.readTimeout = config.readerTimeout;
    options.ttl = config.cacheTtl;
    options.rtIdTtl = config.rtIdTtl;
    options.notFoundTtl = config.notFoundTtl;
    options.maxFlights = static_cast<std::size_t>(config.fetchMaxQueued);
    return options;
}

std::function<std::unique_ptr<IdSource>()> idSources(const Config& config, Scale scale) {
    std::function<std::unique_ptr<IdSource>()> make = [options = httpOptions(config, config.wikidataUrl)] {
        return std::make_unique<WikidataClient>(options);
    };
    if (scale == Scale::service) {
        return make;
    }
    return [make = std::move(make)] { return std::make_unique<LateIdSource>(make); };
}

std::function<std::unique_ptr<PageSource>()> pageSources(const Config& config, Scale scale) {
    std::function<std::unique_ptr<PageSource>()> make = [options = httpOptions(config, config.rtUrl)] {
        return std::make_unique<RottenTomatoesClient>(options);
    };
    if (scale == Scale::service) {
        return make;
    }
    return [make = std::move(make)] { return std::make_unique<LatePageSource>(make); };
}

}  // namespace

Parts::Parts(const Config& config, Scale scale)
    : _store(storeOptions(config)),
      _reader(readerPath(config), readerLimits(config)),
      _leases(_store),
      _gate(gateOptions(config), _store, _leases, _bell),
      _fetcher(fetcherOptions(config, scale), {idSources(config, scale), pageSources(config, scale), _reader,
                                               _store, _leases, _gate, _bell}),
      _streamWorkers(scale == Scale::service ? kStreamWorkers : 1),
      _router(
          {config.authRequired, config.authAdminKey, config.batchMaxIds, config.handlerMaxStreams, version()},
          _store, _connections,
          {_fetcher, _monitor, _streamWorkers, {config.batchTimeout, config.batchHeartbeat}}) {
    if (config.authRequired && config.authAdminKey.empty()) {
        Poco::Logger::get("rtbatch.handler")
            .warning("auth.admin_key is empty, so no key opens anything; set RTBATCH_AUTH_ADMIN_KEY");
    }
}

void Parts::stop(Deadline deadline) {
    _monitor.tearAll();
    _connections.waitForNone(Deadline::in(1s));
    _fetcher.stop(deadline);
}

}  // namespace rtbatch
