#pragma once

#include <optional>
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/gate.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/metrics/cells.h"
#include "common/metrics/metrics.h"
#include "common/store/store.h"
#include "tests/unit/fetch/fake_upstreams.h"

namespace rtbatch::test {

/// What fetches in a process: the real store, leases and gate, with upstreams in memory. Several of them on
/// one database, each with an owner of its own, are a deployment. Change the options before start().
class Fetching {
public:
    Fetching(StoreOptions storeOptions, FakeUpstreams& fakes, Owner owner = Owner::self())
        : store(storeOptions), leases(store, std::move(owner)), _fakes(fakes) {}

    void start() {
        gateOptions.wikidataTimeout = options.wikidataTimeout;
        gateOptions.pageTimeout = options.pageTimeout;
        gate.emplace(gateOptions, store, leases, bell);
        fetcher.emplace(options, FetcherParts{[&] { return _fakes.makeIdSource(); },
                                              [&] { return _fakes.makePageSource(); }, reader, store, leases,
                                              *gate, bell});
    }

    Store store;
    Bell bell;
    Leases leases;
    GateOptions gateOptions;
    FetcherOptions options;
    std::optional<Gate> gate;
    TitleReader reader;
    std::optional<Fetcher> fetcher;

private:
    FakeUpstreams& _fakes;
};

/// How many stand in a queue, as the metrics tell it.
inline std::int64_t queueLength(QueueName name) {
    return readCells().gauges.at(metrics().queueLength.offset() + static_cast<std::size_t>(name));
}

}  // namespace rtbatch::test
