#pragma once

#include <ostream>

#include "common/cli/exit_code.h"
#include "common/cli/progress.h"
#include "common/config/config.h"

namespace rtbatch {

/// What the command line says.
struct SyncIdsOptions {
    bool restart = false;
    bool quiet = false;
    ProgressMode progress = ProgressMode::none;
};

/// `rtbatch-refresher sync-ids`: takes over the whole mapping from IMDb ids to Rotten Tomatoes ids from
/// Wikidata, with one request open at a time. tempFail: Wikidata gives no more for now, and the next start
/// goes on. To be called before there are threads. Throws StoreError, ConfigError.
ExitCode syncIds(const Config& config, const SyncIdsOptions& options, std::ostream& out, std::ostream& err);

}  // namespace rtbatch
