#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/upstreams/catalogue.h"

namespace rtbatch::standin {

/// A query that the stand-in does not understand; the service answers such a one with 400 as well.
class MalformedQuery : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a query asks: Rotten Tomatoes ids (P1258) of IMDb ids (P345).
struct IdQuery {
    std::vector<std::string> imdbIds;   ///< of the VALUES block
    std::vector<std::string> selected;  ///< variables of SELECT, in order, without their ?
    std::string imdbVariable;
    std::string rtVariable;
    std::string itemVariable;   ///< the subject of wdt:P345
    bool rtIsOptional = false;  ///< OPTIONAL around P1258: items without it give a row, too
};

/// Reads `SELECT … WHERE { VALUES ?imdb { "tt…" … } ?item wdt:P345 ?imdb ; wdt:P1258 ?rt . }` with any names
/// and blanks. Throws MalformedQuery.
IdQuery parseQuery(const std::string& query);

/// The reply in the service's shape, application/sparql-results+json.
std::string answerQuery(const IdQuery& query, const Catalogue& catalogue);

}  // namespace rtbatch::standin
