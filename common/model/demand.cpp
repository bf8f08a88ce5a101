#include "common/model/demand.h"

#include <cmath>

namespace rtbatch {

namespace {

using namespace std::chrono;

constexpr Timestamp kLandmark{sys_days{year(2026) / 1 / 1}};

}  // namespace

double requestWeight(Timestamp time) {
    return std::exp2(duration<double>(time - kLandmark) / duration<double>(kDemandHalfLife));
}

double fadedRequests(const Demand& demand, Timestamp now) {
    return demand.weight / requestWeight(now);
}

}  // namespace rtbatch
