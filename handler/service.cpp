#include "handler/service.h"

#include <Poco/Logger.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <utility>

#include "common/process/stop_signal.h"
#include "handler/acceptor.h"
#include "handler/listener.h"
#include "handler/parts.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

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

}  // namespace

void serve(const Config& config) {
    auto& logger = Poco::Logger::get("rtbatch.handler");
    raiseDescriptorLimit();
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // what writes to a pipe that has gone is told so
    Listener listener(config.handlerListen, config.handlerSocketMode);

    Parts parts(config, Scale::service);
    ConnectionCount& connections = parts.connections();
    Acceptor acceptor(listener, config.handlerWorkers, connections, config.handlerMaxStreams + kRefusalRoom,
                      [&](std::unique_ptr<Exchange> exchange, bool mayWait) {
                          parts.handle(std::move(exchange), mayWait);
                      });
    logger.information("version %s listens", version());
    parts.checkVersion();

    for (auto signal = waitForSignal(1h); signal != Signal::stop; signal = waitForSignal(1h)) {
        if (signal == Signal::hangUp) {
            logger.information(
                "SIGHUP: the keys are read again, streams go on; other settings are read at the start only");
            parts.readAgain();
        }
    }
    logger.information("stopping");
    acceptor.stop();
    listener.close();
    const Deadline deadline = Deadline::in(config.handlerStopTimeout);
    bool hurried = false;
    while (!hurried && !deadline.passed() && !connections.waitForNone(deadline.sooner(Deadline::in(20ms)))) {
        hurried = stopSignalled(0ms);
    }
    parts.stop(hurried ? Deadline::in(0ms) : deadline);
    logger.information("stopped");
}

}  // namespace rtbatch
