#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/model/deadline.h"
#include "common/model/imdb_id.h"
#include "common/model/rt_id.h"

namespace rtbatch {

/// The two sites that are asked, each with its own slots, breaker and manners.
enum class Upstream { wikidata, rottenTomatoes };

/// As a person calls it.
inline std::string siteName(Upstream upstream) {
    return upstream == Upstream::wikidata ? "Wikidata" : "Rotten Tomatoes";
}

/// Why an upstream request brought nothing. An ordinary outcome, not an exception.
struct UpstreamFailure {
    enum class Kind {
        gone,        ///< 404 or 410: this page is not there; says nothing about the site
        throttled,   ///< 429, or 503 with Retry-After: the site asks everyone to wait
        forbidden,   ///< 403: perhaps a ban
        broken,      ///< 5xx, a reset, a cut or unreadable reply, no connection
        refused,     ///< ours: too large
        redirected,  ///< it sends us away: to another site, to no film's page, or round in circles
        timeout,     ///< the request's total deadline passed
        cancelled,   ///< the program is stopping
    };

    Kind kind;
    std::string message;                             ///< for a log and for the `error` event, without secrets
    std::optional<std::chrono::seconds> retryAfter;  ///< as the site said it; may be 0
    std::string page{};  ///< redirected: which page was asked for, where that is known
};

/// What Wikidata says of one IMDb id.
struct IdAnswer {
    std::vector<RtId> rtIds{};  ///< the values of P1258 that are one, the first to be asked for first
    /// Without them: a value that is none, "celebrity/al_pacino". Empty as well: Wikidata knows none.
    std::string unusable{};

    bool absent() const { return rtIds.empty() && unusable.empty(); }
};

/// An answer for each id that was asked for.
using IdAnswers = std::map<ImdbId, IdAnswer>;

/// A page as it came, inflated.
struct Page {
    RtId id;  ///< where it was found, after redirects
    std::string html;
};

/// Turns IMDb ids into Rotten Tomatoes ids.
class IdSource {
public:
    virtual ~IdSource() = default;

    /// Asks for up to 50 ids in one request. An answer holds every id that was asked for; a reply that
    /// is cut short or not understood is a failure and never "known absent". Blocks, at most to `deadline`.
    virtual std::variant<IdAnswers, UpstreamFailure> resolve(std::span<const ImdbId> ids,
                                                             Deadline deadline) = 0;

    /// The other way round: which movies have this Rotten Tomatoes id. Blocks, at most to `deadline`.
    virtual std::variant<std::vector<ImdbId>, UpstreamFailure> moviesOf(const RtId& rtId,
                                                                        Deadline deadline) = 0;

    /// From any thread: what is asked now and later fails with `cancelled`, at once.
    virtual void cancel() = 0;
};

/// Brings pages of Rotten Tomatoes.
class PageSource {
public:
    virtual ~PageSource() = default;

    /// Asks for one page. Blocks, at most to `deadline`.
    virtual std::variant<Page, UpstreamFailure> fetch(const RtId& id, Deadline deadline) = 0;

    /// From any thread: what is asked now and later fails with `cancelled`, at once.
    virtual void cancel() = 0;
};

}  // namespace rtbatch
