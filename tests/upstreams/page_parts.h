#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/upstreams/films.h"

namespace rtbatch::standin {

/// `text` with every `{{name}}` replaced by its value. Throws std::out_of_range for a name without a value.
std::string fillIn(std::string_view text, const std::map<std::string, std::string, std::less<>>& values);

/// `text` with & < > " as entities.
std::string escapeHtml(std::string_view text);

/// The scorecard's JSON, content of script#media-scorecard-json.
std::string scorecardJson(const Film& film);

/// The site's JSON-LD about the film.
std::string linkedDataJson(const Film& film);

/// `bytes` of carousels and review cards, cut at a whole one, that carry other films' scores.
std::string otherFilms(std::size_t bytes);

/// "Nov 1, 2024"; only the year where the day is unknown.
std::string releaseText(const MovieFacts& facts);

/// "94%"; "--" without a score.
std::string percent(std::optional<int> score);

/// POSITIVE from 60 on, else NEGATIVE; empty without a score.
std::string sentiment(std::optional<int> score);

}  // namespace rtbatch::standin
