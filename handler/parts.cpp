#include "handler/parts.h"

#include <Poco/Logger.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "common/upstream/rotten_tomatoes_client.h"
#include "common/upstream/wikidata_client.h"
#include "handler/late_sources.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Threads that step parked streams. Others than those that take requests, which may wait for a database that
/// hangs: that must not hold up the streams.
constexpr int kStreamWorkers = 2;

HttpOptions httpOptions(const Config& config, const std::string& url) {
    HttpOptions options;
    options.baseUrl = url;
    options.userAgent = config.userAgent();
    options.caFile = config.httpCaFile;
    options.connectTimeout = config.httpConnectTimeout;
    options.maxBody = config.httpMaxBody;
    return options;
}

FetcherOptions fetcherOptions(const Config& config, Scale scale) {
    FetcherOptions options;
    // One request asks for all its ids in one query.
    options.wikidataWorkers = scale == Scale::service ? config.wikidataMaxConcurrent : 1;
    // One more than there are slots: while it reads a page, both slots are in use by the others.
    options.pageWorkers = config.rtMaxConcurrent + 1;
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
    const std::function<std::unique_ptr<IdSource>()> make = [options =
                                                                 httpOptions(config, config.wikidataUrl)] {
        return std::make_unique<WikidataClient>(options);
    };
    if (scale == Scale::service) {
        return make;
    }
    return [make] { return std::make_unique<LateIdSource>(make); };
}

std::function<std::unique_ptr<PageSource>()> pageSources(const Config& config, Scale scale) {
    const std::function<std::unique_ptr<PageSource>()> make = [options = httpOptions(config, config.rtUrl)] {
        return std::make_unique<RottenTomatoesClient>(options);
    };
    if (scale == Scale::service) {
        return make;
    }
    return [make] { return std::make_unique<LatePageSource>(make); };
}

std::filesystem::path readerPath(const Config& config) {
    return config.readerPath.empty() ? readerBesideThisProgram() : std::filesystem::path(config.readerPath);
}

}  // namespace

Parts::Parts(const Config& config, Scale scale)
    : _store({config.databaseUrl, config.databaseMaxConnections, config.databaseTimeout}),
      _reader(readerPath(config), {config.readerTimeout, config.readerMemoryMb}),
      _slots(config.wikidataMaxConcurrent, config.rtMaxConcurrent),
      _fetcher(fetcherOptions(config, scale),
               {idSources(config, scale), pageSources(config, scale), _reader, _store, _slots, _breaker}),
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
