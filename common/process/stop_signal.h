#pragma once

#include <chrono>

namespace rtbatch {

/// Keeps SIGTERM and SIGINT waiting for the one that asks. To be called before there is any thread, so that
/// all inherit it.
void blockStopSignals();

/// Whether a stop signal came within that time.
bool stopSignalled(std::chrono::milliseconds patience);

}  // namespace rtbatch
