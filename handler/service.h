#pragma once

#include "common/config/config.h"

namespace rtbatch {

/// Runs the handler until SIGTERM or SIGINT: then it accepts no more, lets open streams go on for
/// handler.stop_timeout_s (a second signal ends that), tears what is left, and returns. To be called with
/// those signals blocked in the only thread there is. Throws what keeps it from starting: ConfigError,
/// std::runtime_error.
void serve(const Config& config);

}  // namespace rtbatch
