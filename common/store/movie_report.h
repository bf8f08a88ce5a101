#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/refresh_table.h"
#include "common/store/store.h"

namespace rtbatch {

/// A row of `rt_failure`, whole.
struct FailureRecord {
    std::int64_t failures;  ///< in a row, that have a hold-off
    Timestamp failedAt;
    Timestamp retryAt;
    std::string message;
};

/// A row of `rt_scrape` as it stands there.
struct PageRecord {
    Timestamp scrapedAt;
    std::string outcome;
    std::optional<int> criticScore;
    std::optional<int> audienceScore;
    std::string detail;
};

/// A row of `rt_id`, expired or not. The id is text: it may be one that this program would not ask for.
struct RtIdRecord {
    std::optional<std::string> rtId;  ///< absent: Wikidata knows none
    Timestamp checkedAt;
    Timestamp expiresAt;
};

/// All that the tables know of one movie.
struct MovieReport {
    std::optional<StoredMovie> row = std::nullopt;  ///< with its facts
    DueMovie due;                                   ///< as the refresher sees it
    std::optional<RtIdRecord> rtId = std::nullopt;
    std::optional<FailureRecord> failure = std::nullopt;
    std::vector<PageRecord> pages{};  ///< the last first
};

/// Reads it, with the last `pages` pages. Throws StoreError.
MovieReport reportOn(Store& store, const ImdbId& id, int pages);

}  // namespace rtbatch
