#include "tests/upstreams/catalogue.h"

namespace rtbatch::standin {

std::optional<Film> Catalogue::find(std::string_view imdbId) const {
    const std::lock_guard lock(_mutex);
    const auto changed = _changed.find(imdbId);
    return changed == _changed.end() ? findFilm(imdbId) : std::optional(changed->second);
}

std::optional<Film> Catalogue::findByRtId(std::string_view rtId) const {
    const std::lock_guard lock(_mutex);
    for (const auto& [imdbId, film] : _changed) {
        if (film.rtId == rtId) {
            return film;
        }
    }
    auto film = findFilmByRtId(rtId);
    if (film && !_changed.contains(film->imdbId)) {
        return film;
    }
    for (const auto& [imdbId, moved] : _changed) {
        if (moved.movedTo == rtId) {
            return moved;
        }
    }
    return std::nullopt;
}

std::vector<Film> Catalogue::named() const {
    const std::lock_guard lock(_mutex);
    std::vector<Film> films;
    for (const Film& film : knownFilms()) {
        if (!_changed.contains(film.imdbId)) {
            films.push_back(film);
        }
    }
    for (const auto& [imdbId, film] : _changed) {
        films.push_back(film);
    }
    return films;
}

void Catalogue::change(const Film& film) {
    const std::lock_guard lock(_mutex);
    _changed.insert_or_assign(film.imdbId, film);
}

void Catalogue::reset() {
    const std::lock_guard lock(_mutex);
    _changed.clear();
}

}  // namespace rtbatch::standin
