#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/upstreams/catalogue.h"

namespace rtbatch::standin {

/// A query that the stand-in does not understand; the service answers such a one with 400 as well.
class MalformedQuery : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A reply in the service's shape, application/sparql-results+json, row by row.
class ResultWriter {
public:
    explicit ResultWriter(const std::vector<std::string>& variables);

    /// A row of literals; kUnknownValue stands for a blank node. A variable without a value is not bound.
    using Cells = std::vector<std::pair<std::string, std::optional<std::string>>>;
    void add(const Cells& cells);

    /// A row that is written already: cells as `"name": {…}`.
    void addWritten(const std::string& cells);

    std::string result() const;

private:
    std::string _variables;
    std::string _rows;
};

/// The values of P1258; nothing when Wikidata has no item at all.
std::optional<std::vector<std::string>> valuesOf(const std::string& imdbId, const Catalogue& catalogue);

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
