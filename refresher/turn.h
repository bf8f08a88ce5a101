#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <variant>

#include "common/fetch/gate.h"

namespace rtbatch {

/// Asked between two steps and while waiting: waits so long, less when the answer becomes no, and says
/// whether to go on.
using GoOn = std::function<bool(std::chrono::milliseconds wait)>;

/// Why there was no slot.
struct NoTurn {
    bool stopped = false;  ///< we were not to go on; else the wait took too long
    std::string message;   ///< for a person
};

/// Waits for a slot at an upstream, as the refresher does: behind people, and while the upstream wants to be
/// left alone. At most so long as `patience`; a shut upstream that will be shut longer is not waited for.
std::variant<Slot, NoTurn> waitForTurn(Gate& gate, Upstream upstream, std::chrono::milliseconds patience,
                                       const GoOn& goOn);

}  // namespace rtbatch
