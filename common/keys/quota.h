#pragma once
#include "common/keys/key_ring.h"
namespace rtbatch {
struct RateLimit {
    std::int64_t limit;
    std::int64_t remaining;
    std::chrono::seconds reset;
    bool admitted;
};
struct QuotaOptions {
    std::chrono::milliseconds every{1000};
    bool thread = true;
};
class Quota {
public:
    Quota(Store&, QuotaOptions) {}
    std::optional<RateLimit> take(const KnownKey&) { return std::nullopt; }
};
}  // namespace rtbatch
