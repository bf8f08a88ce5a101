#include "refresher/turn.h"

#include <algorithm>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// How soon it is seen that we are not to go on.
constexpr milliseconds kStep{500};

NoTurn shutTooLong(Upstream upstream, milliseconds left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return {false,
            siteName(upstream) + " wants to be left alone for another " + std::to_string(seconds) + " s"};
}

}  // namespace

std::variant<Slot, NoTurn> waitForTurn(Gate& gate, Upstream upstream, milliseconds patience, const GoOn& goOn,
                                       const OnWait& onWait) {
    const Deadline deadline = Deadline::in(patience);
    for (;;) {
        if (!goOn(0ms)) {
            gate.withdraw(upstream);
            return NoTurn{true, "stopped"};
        }
        auto entry = gate.enter(upstream, Priority::refresher, Deadline::in(kStep).sooner(deadline));
        if (auto* slot = std::get_if<Slot>(&entry)) {
            return std::move(*slot);
        }
        if (const auto* shut = std::get_if<Shut>(&entry)) {
            const milliseconds left = Deadline::at(shut->until).left();
            if (shut->until > deadline.when()) {
                gate.withdraw(upstream);
                return shutTooLong(upstream, left);
            }
            // For a probe's outcome it is a moment.
            if (onWait && !shut->probing) {
                onWait(left);
            }
            goOn(std::clamp(left, 10ms, kStep));
        } else if (deadline.passed()) {
            gate.withdraw(upstream);
            return NoTurn{false, "no slot for " + siteName(upstream) + " became free"};
        }
    }
}

}  // namespace rtbatch
