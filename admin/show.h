#pragma once

#include <optional>
#include <string>

#include "common/config/config.h"
#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/movie_report.h"
#include "common/store/store.h"

namespace rtbatch {

/// When the refresher would spend a page on a movie, and why.
struct RefreshForecast {
    enum class Kind {
        due,       ///< by the next run, when its turn comes within the budget
        later,     ///< when its row is about to expire
        heldBack,  ///< it failed, or Wikidata knows none: not before
        never,     ///< not worth a page, or nobody wants it
    };
    Kind kind;
    std::optional<Timestamp> from;  ///< later, heldBack
    std::optional<double> worth;    ///< the waits that a page saves; nothing: it is no candidate
    std::string words;
};

/// What `rtbatch-admin show` shows.
struct Showing {
    ImdbId id;
    Timestamp time;
    MovieReport movie;
    std::string lifetime;  ///< why its row lives so long; empty without a row
    RefreshForecast refresh;
};

/// Reads it all. Throws StoreError.
Showing readShowing(Store& store, const Config& config, const ImdbId& id, Timestamp now);

/// For a person, and for a program (one JSON object, whose keys docs/operators.md lists).
std::string showText(const Showing& showing);
std::string showJson(const Showing& showing);

}  // namespace rtbatch
