#pragma once

#include <chrono>

namespace rtbatch {

/// Keeps SIGTERM and SIGINT waiting for the one that asks. To be called before there is any thread, so that
/// all inherit it.
void blockStopSignals();

/// Whether a stop signal came within that time.
bool stopSignalled(std::chrono::milliseconds patience);

/// Whether the program was asked to stop: once it was, it stays so. For one thread.
class StopRequest {
public:
    /// Waits so long for a signal.
    bool came(std::chrono::milliseconds patience = std::chrono::milliseconds(0)) {
        _came = _came || stopSignalled(patience);
        return _came;
    }

private:
    bool _came = false;
};

}  // namespace rtbatch
