#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/answer.h"

namespace rtbatch::bench {

/// What to ask of a server on loopback, and how hard.
struct LoadPlan {
    std::uint16_t port = 0;
    std::vector<std::string> requests{};  ///< whole HTTP requests; the nth asks requests[n % size]
    int connections = 1;                  ///< each has one request open, and is kept
    std::size_t count = 0;                ///< requests in all; 0: as many as `span` allows
    std::chrono::milliseconds span{0};    ///< no new request after this; those open are finished
    std::chrono::milliseconds limit{std::chrono::seconds(120)};  ///< for the whole run
    /// Says what is wrong with an answer, nothing when it is right.
    std::function<std::optional<std::string>(std::size_t request, const Answer&)> check{};
    /// Called now and then with how many answers have begun, all in all.
    std::function<void(std::size_t begun)> progress{};
};

/// What came of it.
struct LoadResult {
    std::vector<std::chrono::nanoseconds> firstEvent{};  ///< of each answer that had one
    std::vector<std::chrono::nanoseconds> end{};         ///< of each answer that was right
    std::size_t wrong = 0;                               ///< answers, or connections that broke
    std::string firstFault{};
    std::uint64_t bytes = 0;           ///< of bodies
    std::chrono::nanoseconds span{0};  ///< from the first request to the last answer

    double perSecond() const {
        return static_cast<double>(end.size()) / std::chrono::duration<double>(span).count();
    }
};

/// Runs the plan in this thread, every connection nonblocking. Throws std::system_error when it cannot
/// connect and std::runtime_error when `limit` passes.
LoadResult runLoad(const LoadPlan& plan);

/// The value that this share of all stays below, in milliseconds; `of` may be in any order and must not be
/// empty.
double percentile(std::vector<std::chrono::nanoseconds> of, double share);

/// A batch POST, ready to be sent.
std::string batchRequest(const std::string& path, const std::string& key,
                         const std::vector<std::string>& ids);

}  // namespace rtbatch::bench
