#pragma once

#include <ostream>

#include "common/cli/progress.h"
#include "common/config/config.h"

namespace rtbatch {

/// What the command line says.
struct SyncIdsOptions {
    bool restart = false;
    bool quiet = false;
    ProgressMode progress = ProgressMode::none;
};

/// How it ended.
enum class SyncIdsEnd {
    done,    ///< finished, asked to stop, or another one runs
    notNow,  ///< Wikidata gives no more for now; the next start goes on
};

/// `rtbatch-refresher sync-ids`: takes over the whole mapping from IMDb ids to Rotten Tomatoes ids from
/// Wikidata, with one request open at a time. To be called before there are threads. Throws StoreError,
/// ConfigError.
SyncIdsEnd syncIds(const Config& config, const SyncIdsOptions& options, std::ostream& out, std::ostream& err);

}  // namespace rtbatch
