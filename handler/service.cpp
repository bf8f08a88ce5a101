#include "handler/service.h"

#include <Poco/Logger.h>
#include <fcgiapp.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "common/fetch/fetcher.h"
#include "common/page/reader_process.h"
#include "common/store/store.h"
#include "common/upstream/rotten_tomatoes_client.h"
#include "common/upstream/wikidata_client.h"
#include "handler/acceptor.h"
#include "handler/listener.h"
#include "handler/monitor.h"
#include "handler/router.h"
#include "handler/worker_pool.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Threads that step parked streams. Others than those that take requests, which may wait for a database that
/// hangs: that must not hold up the streams.
constexpr int kStreamWorkers = 2;

/// Connections beyond the streams' limit, so that those too many get a 503 and health checks their answer.
constexpr int kRefusalRoom = 256;

/// Thousands of open streams take a descriptor each; the system's soft limit is often 1024.
void raiseDescriptorLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void initialiseFastCgi() {
    if (FCGX_Init() != 0) {
        throw std::runtime_error("libfcgi cannot be initialised");
    }
    // libfcgi puts handlers of its own on these. A write to a connection that has gone is an error, not a
    // signal; the others are waited for in one place.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    static_cast<void>(std::signal(SIGUSR1, SIG_DFL));
    static_cast<void>(std::signal(SIGTERM, SIG_DFL));
}

sigset_t stopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

/// Whether a stop signal came within that time.
bool stopSignalled(std::chrono::milliseconds patience) {
    const sigset_t signals = stopSignals();
    const timespec time{.tv_sec = patience.count() / 1000, .tv_nsec = patience.count() % 1000 * 1'000'000};
    return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

HttpOptions httpOptions(const Config& config, const std::string& url) {
    HttpOptions options;
    options.baseUrl = url;
    options.userAgent = config.userAgent();
    options.caFile = config.httpCaFile;
    options.connectTimeout = config.httpConnectTimeout;
    options.maxBody = config.httpMaxBody;
    return options;
}

GateOptions gateOptions(const Config& config) {
    GateOptions options;
    options.wikidataSlots = config.wikidataMaxConcurrent;
    options.pageSlots = config.rtMaxConcurrent;
    options.wikidataTimeout = config.wikidataTimeout;
    options.pageTimeout = config.rtTimeout;
    return options;
}

FetcherOptions fetcherOptions(const Config& config) {
    FetcherOptions options;
    options.wikidataWorkers = config.wikidataMaxConcurrent;
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

}  // namespace

void serve(const Config& config) {
    auto& logger = Poco::Logger::get("rtbatch.handler");
    raiseDescriptorLimit();
    initialiseFastCgi();
    Listener listener(config.handlerListen, config.handlerSocketMode);

    ConnectionCount connections;  // outlives all that may hold a stream
    Store store({config.databaseUrl, config.databaseMaxConnections, config.databaseTimeout});
    ReaderProcess reader(
        config.readerPath.empty() ? readerBesideThisProgram() : std::filesystem::path(config.readerPath),
        {config.readerTimeout, config.readerMemoryMb});
    Leases leases(store);
    Bell bell;
    Gate gate(gateOptions(config), store, leases, bell);
    const auto wikidata = httpOptions(config, config.wikidataUrl);
    const auto rottenTomatoes = httpOptions(config, config.rtUrl);
    Fetcher fetcher(fetcherOptions(config),
                    {[&] { return std::make_unique<WikidataClient>(wikidata); },
                     [&] { return std::make_unique<RottenTomatoesClient>(rottenTomatoes); }, reader, store,
                     leases, gate, bell});
    Monitor monitor;
    WorkerPool streamWorkers(kStreamWorkers);
    WorkerPool workers(config.handlerWorkers);
    Router router(
        {config.authRequired, config.authAdminKey, config.batchMaxIds, config.handlerMaxStreams, version()},
        store, connections, {fetcher, monitor, streamWorkers, {config.batchTimeout, config.batchHeartbeat}});
    Acceptor acceptor(listener, workers, connections, config.handlerMaxStreams + kRefusalRoom,
                      [&](std::unique_ptr<Exchange> exchange) { router.handle(std::move(exchange)); });
    if (config.authRequired && config.authAdminKey.empty()) {
        logger.warning("auth.admin_key is empty, so no key opens anything; set RTBATCH_AUTH_ADMIN_KEY");
    }
    logger.information("version %s listens", version());

    while (!stopSignalled(1h)) {
    }
    logger.information("stopping");
    acceptor.stop();
    listener.close();
    const Deadline deadline = Deadline::in(config.handlerStopTimeout);
    bool hurried = false;
    while (!hurried && !deadline.passed() && !connections.waitForNone(deadline.sooner(Deadline::in(20ms)))) {
        hurried = stopSignalled(0ms);
    }
    monitor.tearAll();
    connections.waitForNone(Deadline::in(1s));
    fetcher.stop(hurried ? Deadline::in(0ms) : deadline);
    logger.information("stopped");
}

}  // namespace rtbatch
