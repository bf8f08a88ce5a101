#pragma once

#include <optional>
#include <string>

#include "common/model/facts.h"
#include "common/model/imdb_id.h"
#include "common/model/lifetime.h"
#include "common/model/rt_id.h"
#include "common/model/timestamp.h"
#include "common/store/scrape_table.h"
#include "common/store/store.h"

namespace rtbatch {

/// What a page that was read means for the row.
struct Judgement {
    ScrapeOutcome outcome;  ///< read, lost or other
    std::string detail{};   ///< what was lost, or whose page it is
    StoredMovie row;        ///< to be stored; not for another film's

    /// Whether it lost what only a change of the site's markup, or the film's own page, takes away. A year
    /// alone is missing where nothing on the page tells that of a re-release from the film's.
    bool mayBeMarkup() const;
};

/// What `detail` says when only the year was lost.
inline constexpr std::string_view kYearOnly = "year";

/// Where a page says it is, against the address that was asked for.
enum class Address {
    asked,    ///< there
    moved,    ///< where the site redirected to
    another,  ///< elsewhere
};

/// Holds a page's facts to those of the stored row:
/// - another film's is a page whose title and year both differ; one of the same title whose year is far from
///   the stored one (a remake under the original's address), unless both name the same release; and one at
///   another address that differs in title or year at all;
/// - a fact that the row has (scores with their rating, consensus, year) and the page lacks stays as it is,
/// and the row
///   is suspect; it is tried again after a day, and if the gap is still there then, it is believed;
/// - else the page's facts replace the row's.
/// `stored` may be absent, or hold facts that cannot be read: then there is nothing to lose.
Judgement judge(const std::optional<StoredMovie>& stored, const ImdbId& id, const RtId& page,
                MovieFacts facts, const LifetimeRules& rules, Timestamp now,
                Address address = Address::asked);

}  // namespace rtbatch
