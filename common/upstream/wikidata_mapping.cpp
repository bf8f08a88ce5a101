#include "common/upstream/wikidata_mapping.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/upstream/sparql.h"
#include "common/upstream/sparql_request.h"
#include "common/upstream/sparql_rows.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxIds = 50;

void keepPreferred(std::map<ImdbId, RtId>& ids, const ImdbId& id, const RtId& rtId) {
    const auto [place, added] = ids.try_emplace(id, rtId);
    if (!added && isPreferred(rtId, place->second)) {
        place->second = rtId;
    }
}

}  // namespace

std::string mappingQuery(const MappingPlace& place) {
    return "SELECT ?imdb ?rt WHERE { { SELECT DISTINCT ?rt WHERE { ?some wdt:P1258 ?rt . FILTER(STR(?rt) > " +
           sparqlLiteral(place.after) + " && STR(?rt) < " + sparqlLiteral(place.end) +
           ") } ORDER BY STR(?rt) LIMIT " + std::to_string(place.limit) +
           " } ?item wdt:P1258 ?rt . OPTIONAL { ?item wdt:P345 ?imdb } }";
}

MappingPage readMappingPage(std::string_view json, const MappingPlace& place) {
    const SparqlRows rows(json, {"imdb", "rt"});
    MappingPage page;
    std::set<std::string> values;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string value = rows.value(i, "rt");
        if (value <= place.after || value >= place.end) {
            throw unreadableReply("it answers another question");
        }
        const auto id = ImdbId::parse(rows.optionalValue(i, "imdb").value_or(""));
        const auto rtId = RtId::parse(value);
        if (id && rtId) {
            keepPreferred(page.ids, *id, *rtId);
        }
        values.insert(value);
    }
    if (values.size() > place.limit) {
        throw unreadableReply("it has more than was asked for");
    }
    page.values = values.size();
    page.last = values.empty() ? "" : *values.rbegin();
    return page;
}

std::string moviesQuery(std::span<const RtId> rtIds) {
    std::string query = "SELECT ?wanted ?imdb ?rt WHERE { VALUES ?wanted {";
    for (const RtId& rtId : rtIds) {
        query.append(" ").append(sparqlLiteral(rtId.text()));
    }
    return query + " } ?item wdt:P1258 ?wanted ; wdt:P345 ?imdb ; wdt:P1258 ?rt . }";
}

MoviesOfRtIds readMovies(std::string_view json, std::span<const RtId> rtIds) {
    const SparqlRows rows(json, {"wanted", "imdb", "rt"});
    MoviesOfRtIds movies;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto wanted = RtId::parse(rows.value(i, "wanted"));
        const auto id = ImdbId::parse(rows.value(i, "imdb"));
        const auto rtId = RtId::parse(rows.value(i, "rt"));
        if (!wanted || std::ranges::find(rtIds, *wanted) == rtIds.end()) {
            throw unreadableReply("it answers another question");
        }
        if (id && rtId) {
            keepPreferred(movies[*wanted], *id, *rtId);
        }
    }
    return movies;
}

WikidataMapping::WikidataMapping(HttpOptions options) : _http(wikidataOptions(std::move(options))) {}

std::variant<MappingPage, UpstreamFailure> WikidataMapping::page(const MappingPlace& place,
                                                                 Deadline deadline) {
    auto result = askSparql(_http, mappingQuery(place), deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    return readSparql(_http, [&] { return readMappingPage(std::get<std::string>(result), place); });
}

std::variant<MoviesOfRtIds, UpstreamFailure> WikidataMapping::moviesOf(std::span<const RtId> rtIds,
                                                                       Deadline deadline) {
    if (rtIds.size() > kMaxIds) {
        throw std::invalid_argument("more than 50 ids in one query");
    }
    if (rtIds.empty()) {
        return MoviesOfRtIds{};
    }
    auto result = askSparql(_http, moviesQuery(rtIds), deadline);
    if (auto* failure = std::get_if<UpstreamFailure>(&result)) {
        return std::move(*failure);
    }
    return readSparql(_http, [&] { return readMovies(std::get<std::string>(result), rtIds); });
}

}  // namespace rtbatch
