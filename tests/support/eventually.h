#pragma once

#include <chrono>
#include <thread>

namespace rtbatch::test {

/// Waits until `condition` holds, looking again every few milliseconds; false when it did not within `limit`.
template <typename Condition>
bool eventually(std::chrono::milliseconds limit, Condition condition) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (condition()) {
            return true;
        }
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
}

}  // namespace rtbatch::test
