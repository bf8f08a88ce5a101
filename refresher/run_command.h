#pragma once

#include <chrono>
#include <optional>
#include <ostream>

#include "common/config/config.h"

namespace rtbatch {

/// What the command line says.
struct RunCommandOptions {
    std::optional<int> maxPages = std::nullopt;
    std::optional<std::chrono::seconds> maxTime =
        std::nullopt;  ///< nothing: a little less than until the next run
    bool dryRun = false;
    bool quiet = false;  ///< only what is wrong is said, on stderr; the summary goes to syslog
};

/// How it ended.
enum class RunEnd { done, upstreamShut };

/// `rtbatch-refresher run`. Throws StoreError.
RunEnd runOnce(const Config& config, const RunCommandOptions& options, std::ostream& out, std::ostream& err);

}  // namespace rtbatch
