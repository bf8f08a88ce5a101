#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"

namespace rtbatch {

/// Who waits: people go before the refresher, and before what is renewed behind an answer.
enum class Priority { people, refresher };

/// The movie was fetched and read.
struct Fetched {
    std::string facts;  ///< renderFacts()
    Timestamp cachedAt;
    Timestamp expiresAt{};
};

/// Wikidata answered that it knows no page for this movie.
struct NotFound {};

/// The movie could not be fetched or read.
struct FetchFailed {
    std::string message;
    std::optional<std::chrono::seconds> retryAfter = std::nullopt;  ///< when asking again may help
};

/// Of what is to be fetched while the database cannot be written: nobody knows then how many requests are
/// open.
inline FetchFailed databaseUnwritable() {
    return {"The service cannot store anything for the moment, so nothing is fetched; ask again later.",
            std::chrono::seconds(10)};
}

using FlightResult = std::variant<Fetched, NotFound, FetchFailed>;

/// One who waits for flights: a stream, or the refresher.
class FlightListener {
public:
    virtual ~FlightListener() = default;

    /// Who waits, for the log: a batch's request id. From any thread.
    virtual std::string name() const { return {}; }

    /// On whose account: listeners of one account share its turns in the queues, and its share of their room.
    /// Empty: nobody's in particular, as where no keys are asked for. From any thread.
    virtual std::string_view account() const { return {}; }

    /// Called once for each movie wanted, from a fetching thread, or from the caller of Fetcher::want() when
    /// the answer is known already. Must not block, throw, nor call the
    /// fetcher.
    virtual void landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) = 0;
};

}  // namespace rtbatch
