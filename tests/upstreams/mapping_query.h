#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/upstreams/catalogue.h"
#include "tests/upstreams/mapping.h"

namespace rtbatch::standin {

/// A page of the mapping: `SELECT ?imdb ?rt WHERE { { SELECT DISTINCT ?rt WHERE { ?some wdt:P1258 ?rt .
/// FILTER( STR(?rt) > "m/" && STR(?rt) < "m0") } ORDER BY STR(?rt) LIMIT 5000 } ?item wdt:P1258 ?rt .
/// OPTIONAL { ?item wdt:P345 ?imdb } }`, with any names and blanks.
struct MappingQuery {
    std::string imdbVariable;
    std::string rtVariable;
    std::string after;
    bool inclusive = false;  ///< >= instead of >
    std::string end;
    std::size_t limit = 0;
    bool imdbIsOptional = false;
};

/// The movies of Rotten Tomatoes ids: `SELECT ?wanted ?imdb ?rt WHERE { VALUES ?wanted { "m/heat" … } ?item
/// wdt:P1258 ?wanted ; wdt:P345 ?imdb ; wdt:P1258 ?rt . }`, with any names and blanks; the last part may be
/// absent.
struct MoviesQuery {
    std::string wantedVariable;
    std::string imdbVariable;
    std::string rtVariable;  ///< empty: it asks for no other values
    std::vector<std::string> rtIds;
};

/// Which of the queries that the stand-in knows this one looks like; else it is an IdQuery, or none.
bool looksLikeMapping(const std::string& query);
bool looksLikeMovies(const std::string& query);

/// Each throws MalformedQuery.
MappingQuery parseMappingQuery(const std::string& query);
MoviesQuery parseMoviesQuery(const std::string& query);

/// The replies in the service's shape, application/sparql-results+json.
std::string answerMapping(const MappingQuery& query, const Mapping& mapping);
std::string answerMovies(const MoviesQuery& query, const Catalogue& catalogue);

}  // namespace rtbatch::standin
