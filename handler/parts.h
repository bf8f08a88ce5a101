#pragma once

#include <memory>

#include "common/config/config.h"
#include "common/fetch/fetcher.h"
#include "common/fetch/gate.h"
#include "common/keys/key_ring.h"
#include "common/keys/quota.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/model/deadline.h"
#include "common/page/reader_process.h"
#include "common/store/store.h"
#include "handler/connection_count.h"
#include "handler/demand_recorder.h"
#include "handler/monitor.h"
#include "handler/router.h"
#include "handler/worker_pool.h"

namespace rtbatch {

/// What a process is there for.
enum class Scale { service, oneRequest };

/// All that answers requests, put together as the settings say; what brings the requests comes from outside.
class Parts {
public:
    /// Throws std::exception, of whatever kind, when a setting cannot be used.
    Parts(const Config& config, Scale scale);
    ~Parts();
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    /// Answers a request that `connections()` counts. A stream goes on after this returns. Unless
    /// this thread `mayWait` for the database, others do; of a service, for they have only that.
    void handle(std::unique_ptr<Exchange> exchange, bool mayWait) {
        _router.handle(std::move(exchange), mayWait ? nullptr : &_waiting);
    }

    ConnectionCount& connections() { return _connections; }

    /// Looks whether the database is at this program's version; the store logs it when it is not.
    void checkVersion();

    /// Reads again what can be read again while it runs: the keys. Does not wait for it.
    void readAgain() { _keys.refresh(); }

    /// Tears the streams that are open, drops what waits to be fetched, and lets requests that are open at an
    /// upstream finish by then.
    void stop(Deadline deadline);

private:
    // In this order: each uses some of those above it.
    ConnectionCount _connections;
    Store _store;
    ReaderProcess _reader;
    Leases _leases;
    Bell _bell;
    Gate _gate;
    Fetcher _fetcher;
    DemandRecorder _demand;
    KeyRing _keys;
    Quota _quota;
    WorkerPool _streamWorkers;  // stopped before the monitor goes, and there until nothing can post to it
    Monitor _monitor;
    Router _router;
    WaitingThreads _waiting;
};

}  // namespace rtbatch
