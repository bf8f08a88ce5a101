#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/fetch/gate.h"

namespace rtbatch {

/// Asked between two steps and while waiting: waits so long, less when the answer becomes no, and says
/// whether to go on.
using GoOn = std::function<bool(std::chrono::milliseconds wait)>;

/// Told while an upstream wants to be left alone: for how long yet.
using OnWait = std::function<void(std::chrono::milliseconds left)>;

/// Why there was no slot.
struct NoTurn {
    bool stopped = false;  ///< we were not to go on; else the wait took too long
    std::string message;   ///< for a person
};

/// Waits for a slot at an upstream, as the refresher does: behind people, and while the upstream wants to be
/// left alone. At most so long as `patience`; a shut upstream that will be shut longer is not waited for.
std::variant<Slot, NoTurn> waitForTurn(Gate& gate, Upstream upstream, std::chrono::milliseconds patience,
                                       const GoOn& goOn, const OnWait& onWait = {});

/// One request to an upstream.
struct Question {
    Upstream upstream;
    std::chrono::milliseconds timeout;   ///< of the request
    std::chrono::milliseconds patience;  ///< of the wait for its turn
    /// It asks for so much that a timeout may be its own fault: that does not count against the upstream, or
    /// people would find it shut.
    bool heavy = false;
    OnWait onWait{};
};

/// Asks when it is our turn: `ask` gets the deadline, and gives the answer or a failure, which everybody who
/// asks this upstream then heeds.
template <typename Answer, typename Ask>
std::variant<Answer, UpstreamFailure, NoTurn> askInTurn(Gate& gate, const Question& question,
                                                        const GoOn& goOn, Ask ask) {
    auto turn = waitForTurn(gate, question.upstream, question.patience, goOn, question.onWait);
    if (auto* none = std::get_if<NoTurn>(&turn)) {
        return std::move(*none);
    }
    auto& slot = std::get<Slot>(turn);
    std::variant<Answer, UpstreamFailure> answer =
        ask(Deadline::in(question.timeout).sooner(slot.deadline()));
    auto* failure = std::get_if<UpstreamFailure>(&answer);
    const bool spared =
        failure != nullptr && failure->kind == UpstreamFailure::Kind::timeout && question.heavy;
    const UpstreamFailure ours{UpstreamFailure::Kind::refused, "", std::nullopt};
    slot.giveBack({true, spared ? &ours : failure});
    if (failure != nullptr) {
        return std::move(*failure);
    }
    return std::move(std::get<Answer>(answer));
}

}  // namespace rtbatch
