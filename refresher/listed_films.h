#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "common/cli/progress.h"
#include "common/config/config.h"
#include "common/model/imdb_id.h"
#include "common/model/rt_id.h"
#include "common/store/store.h"
#include "refresher/list_address.h"
#include "refresher/turn.h"
#include "refresher/wait_notice.h"

namespace rtbatch {

/// What a page of Rotten Tomatoes lists, in its order.
struct ListedFilms {
    std::vector<ImdbId> ids{};
    std::size_t listed = 0;       ///< films and series on the page
    std::vector<RtId> unknown{};  ///< of them, those that Wikidata does not know
};

/// Why there are none now; the same may do later.
struct NotNow {
    std::string message;
};

/// Fetches the page and turns its films back into IMDb ids through Wikidata, whose answers are remembered
/// too. Everything within the limits of the deployment, and behind people. A season stands for its series,
/// for IMDb has no seasons. Throws DataError for a page that is not there, cannot be read or lists no films;
/// StoreError; ConfigError for a real site without a contact.
std::variant<ListedFilms, NotNow> fetchListedFilms(const Config& config, Store& store,
                                                   const ListAddress& address, ProgressMode progress,
                                                   const GoOn& goOn, WaitNotice& notice);

}  // namespace rtbatch
