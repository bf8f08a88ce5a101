#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/upstreams/films.h"

namespace rtbatch::standin {

/// The films with what a test has changed about them. Safe from any thread.
class Catalogue {
public:
    /// The film of an IMDb id or of a page, as changed. A film whose `rtId` a test emptied is unknown to
    /// Wikidata and has no page.
    std::optional<Film> find(std::string_view imdbId) const;
    std::optional<Film> findByRtId(std::string_view rtId) const;

    /// All but the generated ones, as changed; those too that a test has added.
    std::vector<Film> named() const;

    /// Replaces or adds a film.
    void change(const Film& film);

    /// Forgets every change.
    void reset();

private:
    mutable std::mutex _mutex;
    std::map<std::string, Film, std::less<>> _changed;  ///< by IMDb id; guarded by _mutex
};

}  // namespace rtbatch::standin
