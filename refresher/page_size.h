#pragma once

#include <chrono>
#include <cstddef>

#include "common/upstream/upstream.h"

namespace rtbatch {

/// How many values a page of the mapping asks for: as many as the service gives well within its time. Starts
/// at 5,000; halves to 500 at least when a page took over half of the timeout or came to nothing, doubles to
/// 10,000 when one took less than a quarter.
class PageSize {
public:
    static constexpr std::size_t kStart = 5000;
    static constexpr std::size_t kLeast = 500;
    static constexpr std::size_t kMost = 10000;
    static constexpr int kMostFailures = 3;

    explicit PageSize(std::chrono::milliseconds timeout) : _timeout(timeout) {}

    std::size_t limit() const { return _limit; }

    /// A page came, in that time.
    void succeeded(std::chrono::milliseconds took);

    /// None came. A service that throttles or forbids would do so for a smaller page as well.
    void failed(UpstreamFailure::Kind kind);

    /// Three failures in a row that no smaller page would have spared us.
    bool hopeless() const { return _failures >= kMostFailures; }

private:
    const std::chrono::milliseconds _timeout;
    std::size_t _limit = kStart;
    int _failures = 0;
};

}  // namespace rtbatch
