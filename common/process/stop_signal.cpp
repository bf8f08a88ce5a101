#include "common/process/stop_signal.h"

#include <csignal>

namespace rtbatch {

namespace {

sigset_t stopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);  // FastCGI's own: what web servers and multiwatch send
    return signals;
}

}  // namespace

void blockStopSignals() {
    const sigset_t signals = stopSignals();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
}

bool stopSignalled(std::chrono::milliseconds patience) {
    const sigset_t signals = stopSignals();
    const timespec time{.tv_sec = patience.count() / 1000, .tv_nsec = patience.count() % 1000 * 1'000'000};
    return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

}  // namespace rtbatch
