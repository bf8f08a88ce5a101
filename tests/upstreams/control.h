#pragma once

#include <string>

#include "tests/upstreams/sites.h"

namespace rtbatch::standin {

/// What a test sets and asks, under /_control/ of every port; README.md describes it. Safe from any thread.
class Control {
public:
    Control(Catalogue& catalogue, Site& rottenTomatoes, WikidataSite& wikidata, Site& elsewhere)
        : _catalogue(catalogue),
          _rottenTomatoes(rottenTomatoes),
          _wikidata(wikidata),
          _elsewhere(elsewhere) {}

    /// Never throws for what the test sent: that is a reply of 400 or 404, and its JSON says why.
    Reply handle(const std::string& method, const std::string& target, const std::string& body);

private:
    std::string dispatch(const std::string& method, const std::string& target, const std::string& body);
    std::string counts(bool details) const;
    std::string setFault(const std::string& body);
    std::string changeFilm(const std::string& imdbId, const std::string& body);
    Site& upstream(const std::string& name);

    Catalogue& _catalogue;
    Site& _rottenTomatoes;
    WikidataSite& _wikidata;
    Site& _elsewhere;
};

}  // namespace rtbatch::standin
