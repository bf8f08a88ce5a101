#pragma once

#include <chrono>
#include <optional>

namespace rtbatch {

/// Keeps SIGTERM, SIGINT, SIGUSR1 and SIGHUP waiting for the one that asks. To be called before there is any
/// thread, so that all inherit it.
void blockStopSignals();

/// What a service was asked by a signal.
enum class Signal {
    stop,
    hangUp,  ///< SIGHUP: to a service it means to read again what can be read again
};

/// The signal that came within that time; nothing: none came.
std::optional<Signal> waitForSignal(std::chrono::milliseconds patience);

/// Whether a stop signal came within that time. SIGHUP is none.
bool stopSignalled(std::chrono::milliseconds patience);

/// Whether a command was asked to stop: once it was, it stays so. SIGHUP asks for it too, since the terminal
/// is closed, unless it is ignored (nohup). For one thread.
class StopRequest {
public:
    /// Waits so long for a signal.
    bool came(std::chrono::milliseconds patience = std::chrono::milliseconds(0));

private:
    bool _came = false;
};

}  // namespace rtbatch
