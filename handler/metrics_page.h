#pragma once

#include <string>

#include "common/fetch/gate.h"
#include "common/store/store.h"

namespace rtbatch {

/// What Prometheus is told: the sum over this host's processes of what they count, and from the database what
/// is the deployment's (slots, breakers, the refresher's last run). Without the database only the former, and
/// `rtbatch_database_up 0`. Takes as long as the store's timeout at most.
std::string metricsPage(Store& store, const GateOptions& gate);

}  // namespace rtbatch
