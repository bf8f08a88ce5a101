#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// What came of a page that was asked for.
enum class ScrapeOutcome {
    read,        ///< all facts that the row had, or more
    lost,        ///< it lacks a fact that the row has
    unreadable,  ///< no film's page that we know how to read
    other,       ///< plainly another film's
    gone,        ///< 404
    failed,      ///< it did not come
};

/// As the column `outcome` has it.
std::string_view nameOf(ScrapeOutcome outcome);

/// A row of `rt_scrape`.
struct ScrapeRecord {
    ImdbId imdbId;
    Timestamp scrapedAt;
    ScrapeOutcome outcome;
    std::optional<int> criticScore = std::nullopt;
    std::optional<int> audienceScore = std::nullopt;
    std::string detail{};  ///< what was lost, or why it failed
};

/// Of the last pages: how many films they were of, and how many of those lost a fact or could not be read.
struct PageTally {
    int films = 0;
    int bad = 0;
};

/// The table `rt_scrape`, the history of pages. Every call throws StoreError.
class ScrapeTable {
public:
    explicit ScrapeTable(Store& store) : _store(store) {}

    void add(const ScrapeRecord& record);

    /// Of the last `pages` that came (read, lost or unreadable) since then, the last one of each film: for a
    /// page that fails by itself is tried again and again. A film that could never be read says nothing of
    /// the site: only those with a row count.
    PageTally tally(int pages, Timestamp since);

    /// A film that is known to be good, one of those that were read last, in no order; nothing when there is
    /// none. It is not among those that failed or lost a fact, and not `except`.
    std::optional<StoredMovie> findGoodFilm(const std::optional<ImdbId>& except = std::nullopt);

    /// Deletes what is older, at most `most` rows; gives how many.
    std::size_t purge(Timestamp before, int most);

private:
    Store& _store;
};

}  // namespace rtbatch
