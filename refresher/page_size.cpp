#include "refresher/page_size.h"

#include <algorithm>

namespace rtbatch {

void PageSize::succeeded(std::chrono::milliseconds took) {
    _failures = 0;
    if (took > _timeout / 2) {
        _limit = std::max(kLeast, _limit / 2);
    } else if (took < _timeout / 4) {
        _limit = std::min(kMost, _limit * 2);
    }
}

void PageSize::failed(UpstreamFailure::Kind kind) {
    using Kind = UpstreamFailure::Kind;
    const bool mayBeTheSize = kind == Kind::timeout || kind == Kind::broken || kind == Kind::refused;
    if (mayBeTheSize && _limit > kLeast) {
        _limit = std::max(kLeast, _limit / 2);
        _failures = 0;
    } else {
        ++_failures;
    }
}

}  // namespace rtbatch
