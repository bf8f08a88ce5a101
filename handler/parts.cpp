#include "handler/parts.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "common/setup/setup.h"
#include "handler/late_sources.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Threads that step parked streams. Others than those that take requests, which may wait for a database that
/// hangs: that must not hold up the streams.
constexpr int kStreamWorkers = 2;

/// What is written when the program ends: leases that go back, counts.
constexpr auto kFarewell = 1s;

FetcherOptions fetcherOptions(const Config& config, Scale scale) {
    FetcherOptions options = fetcherOptions(config);
    if (scale == Scale::oneRequest) {
        options.wikidataWorkers = 1;  // one request asks for all its ids in one query
    }
    // Twice as many as slots: while some read their pages, others have their requests open.
    options.pageWorkers = 2 * config.rtMaxConcurrent;
    return options;
}

StoreOptions storeOptions(const Config& config, Scale scale) {
    StoreOptions options = storeOptions(config);
    options.memoryBytes = scale == Scale::service ? config.cacheMemory : 0;
    options.memoryAge = config.cacheMemoryAge;
    return options;
}

/// For one request, a source that is made when it is needed.
template <typename Late, typename Make>
Make lateWhere(Scale scale, Make make) {
    if (scale == Scale::service) {
        return make;
    }
    return [make = std::move(make)] { return std::make_unique<Late>(make); };
}

}  // namespace

Parts::Parts(const Config& config, Scale scale)
    : _store(storeOptions(config, scale)),
      _reader(readerPath(config), readerLimits(config)),
      _leases(_store),
      _gate(gateOptions(config), _store, _leases, _bell),
      _fetcher(fetcherOptions(config, scale), {lateWhere<LateIdSource>(scale, idSources(config)),
                                               lateWhere<LatePageSource>(scale, pageSources(config)), _reader,
                                               _store, _leases, _gate, _bell}),
      _demand(_store, config.demandFlush),
      _keys(_store, {.adminKey = config.authAdminKey, .thread = scale == Scale::service}),
      _quota(_store, {.thread = scale == Scale::service, .clock = [this] { return _store.time(); }}),
      _streamWorkers(scale == Scale::service ? kStreamWorkers : 1),
      _router(
          {config.authRequired, config.batchMaxIds, config.handlerMaxStreams, version(), gateOptions(config)},
          _store, _keys, _quota, _connections,
          {_fetcher,
           _monitor,
           _streamWorkers,
           _demand,
           _store,
           {config.batchTimeout, config.movieTimeout, config.batchHeartbeat, scale == Scale::service}}),
      _waiting{WorkerPool(scale == Scale::service ? config.handlerWorkers : 0),
               WorkerPool(scale == Scale::service ? 1 : 0)} {}

/// Streams that are still parked are stepped no more. Whatever happens to them until all has gone is posted
/// to a pool that has stopped.
Parts::~Parts() {
    _streamWorkers.stop();
}

void Parts::checkVersion() {
    try {
        const StorePatience patience(1s);
        _store.check();
    } catch (const StoreError&) {  // one that is away tells it later, by a statement that fails or at /ready
    }
}

void Parts::stop(Deadline deadline) {
    // A database that hangs must not hold the program; one that answers gets the time to be told of the end.
    _store.endAt(Deadline::at(std::max(deadline.when(), Deadline::in(kFarewell).when())));
    _monitor.tearAll();
    _connections.waitForNone(Deadline::in(1s));
    _fetcher.stop(deadline);
}

}  // namespace rtbatch
