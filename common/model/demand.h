#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/model/timestamp.h"

namespace rtbatch {

/// A row of `demand`: how often and how lately a movie was asked for, and its place on a list of what should
/// be warm.
struct Demand {
    std::int64_t requests = 0;
    double weight = 0;  ///< the sum over the requests of requestWeight()
    Timestamp firstAt{};
    Timestamp lastAt{};
    std::optional<std::int64_t> wantedPlace = std::nullopt;  ///< 0 is the most wanted
    Timestamp wantedAt{};
};

/// Demand halves in this time.
constexpr std::chrono::hours kDemandHalfLife{24 * 7};

/// What one request at `time` adds to the weight: 2^((time - 2026-01-01) / half-life). So weights of
/// different films compare as they are, and nothing has to fade: today's requests weigh more.
double requestWeight(Timestamp time);

/// The weight as it would be had every request faded with its age: a request just now counts 1.
double fadedRequests(const Demand& demand, Timestamp now);

}  // namespace rtbatch
