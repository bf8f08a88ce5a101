#pragma once

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>

#include "common/cli/exit_code.h"
#include "common/cli/progress.h"
#include "common/config/config.h"
#include "refresher/list_address.h"

namespace rtbatch {

/// What the command line says: exactly one source.
struct PrewarmOptions {
    std::optional<std::string> ids = std::nullopt;          ///< a file; `-` is standard input
    std::optional<std::string> imdbRatings = std::nullopt;  ///< IMDb's title.ratings.tsv, or .gz
    std::size_t top = 10000;                                ///< of imdbRatings: so many
    std::optional<ListAddress> list = std::nullopt;         ///< a page of Rotten Tomatoes
    bool quiet = false;
    ProgressMode progress = ProgressMode::none;
};

/// `rtbatch-refresher prewarm`: marks movies that should be warm, in the order of their source, and says how
/// many. `rtbatch-refresher run` fetches them within its budget. tempFail: a site did not answer, or it was
/// asked to stop. To be called before there are threads.
/// Throws DataError, StoreError, ConfigError.
ExitCode prewarm(const Config& config, const PrewarmOptions& options, std::ostream& out, std::ostream& err);

}  // namespace rtbatch
