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

sigset_t stopSignalsAndHangUp() {
    sigset_t signals = stopSignals();
    sigaddset(&signals, SIGHUP);
    return signals;
}

/// As nohup leaves it.
bool isHangUpIgnored() {
    struct sigaction action {};
    return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// The number of one of `signals`; not positive: none came.
int waitFor(const sigset_t& signals, std::chrono::milliseconds patience) {
    const timespec time{.tv_sec = patience.count() / 1000, .tv_nsec = patience.count() % 1000 * 1'000'000};
    return ::sigtimedwait(&signals, nullptr, &time);
}

}  // namespace

void blockStopSignals() {
    const sigset_t signals = stopSignalsAndHangUp();
    sigprocmask(SIG_BLOCK, &signals, nullptr);
}

std::optional<Signal> waitForSignal(std::chrono::milliseconds patience) {
    const int number = waitFor(stopSignalsAndHangUp(), patience);
    return number <= 0 ? std::nullopt : std::optional(number == SIGHUP ? Signal::hangUp : Signal::stop);
}

bool stopSignalled(std::chrono::milliseconds patience) {
    return waitFor(stopSignals(), patience) > 0;
}

bool StopRequest::came(std::chrono::milliseconds patience) {
    // A signal that is blocked comes although it is ignored.
    _came = _came || waitFor(isHangUpIgnored() ? stopSignals() : stopSignalsAndHangUp(), patience) > 0;
    return _came;
}

}  // namespace rtbatch
