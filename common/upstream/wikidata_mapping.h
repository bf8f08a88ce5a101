#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/model/deadline.h"
#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Which part of the mapping a page is to hold: at most `limit` different values of P1258 in `(after, end)`,
/// in order of bytes.
struct MappingPlace {
    std::string after;
    std::string end;
    std::size_t limit = 0;
};

/// A page of the mapping.
struct MappingPage {
    std::map<ImdbId, RtId> ids;  ///< of several values of this page the preferred one
    std::size_t values = 0;      ///< of P1258, those included that are no RtId or have no IMDb id
    std::string last;            ///< the last of them; empty: none

    /// Whether the service may have more.
    bool full(const MappingPlace& place) const { return values >= place.limit; }
};

/// Movies by a Rotten Tomatoes id that one has: for each id of the question that Wikidata knows, the movies
/// that have it, each with the id that is preferred among all of its own.
using MoviesOfRtIds = std::map<RtId, std::map<ImdbId, RtId>>;

/// The query for a page. Plain SPARQL 1.1. The inner SELECT counts values and not rows, so that a page is
/// full when it has `limit` values, and no value is cut in two by a page's end; the outer one shows each of
/// them, with an IMDb id or without.
std::string mappingQuery(const MappingPlace& place);

/// Reads the JSON reply to mappingQuery(place). Throws RequestFault (broken) for anything but a whole and
/// plausible reply: a cut one would end the pass early.
MappingPage readMappingPage(std::string_view json, const MappingPlace& place);

/// The query for the movies of Rotten Tomatoes ids, with all other ids of theirs.
std::string moviesQuery(std::span<const RtId> rtIds);

/// Reads the JSON reply to moviesQuery(rtIds). Throws RequestFault as readMappingPage() does.
MoviesOfRtIds readMovies(std::string_view json, std::span<const RtId> rtIds);

/// Asks Wikidata's SPARQL endpoint the other way round: which IMDb ids there are to Rotten Tomatoes ids. For
/// one thread.
class WikidataMapping {
public:
    /// `options.baseUrl` is the endpoint itself; `options.name` is set here. Throws as HttpClient does.
    explicit WikidataMapping(HttpOptions options);

    /// Asks for one page. Blocks, at most to `deadline`.
    std::variant<MappingPage, UpstreamFailure> page(const MappingPlace& place, Deadline deadline);

    /// Throws std::invalid_argument for more than 50 ids; asks nothing for none. Blocks, at most to
    /// `deadline`.
    std::variant<MoviesOfRtIds, UpstreamFailure> moviesOf(std::span<const RtId> rtIds, Deadline deadline);

private:
    HttpClient _http;
};

}  // namespace rtbatch
