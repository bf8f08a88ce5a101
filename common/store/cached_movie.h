#pragma once

#include <memory>
#include <string>

#include "common/model/facts.h"
#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// A row of `rt_cache`.
struct CachedMovie {
    ImdbId imdbId;
    std::string rtId;   ///< as stored; parse before asking for it
    std::string facts;  ///< renderFacts(), copied to the wire as it is
    Timestamp cachedAt;
    Timestamp expiresAt;

    bool staleAt(Timestamp t) const { return expiresAt <= t; }
    /// Else somebody has edited it, and it counts as if it were not there.
    bool isSound() const { return isRenderedFacts(facts, rtId); }
};

/// A row that several readers share.
using MovieRow = std::shared_ptr<const CachedMovie>;

}  // namespace rtbatch
