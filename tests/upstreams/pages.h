#pragma once

#include <cstddef>
#include <string>

#include "tests/upstreams/films.h"

namespace rtbatch::standin {

/// A page is padded to about this many bytes with what surrounds the facts on a real one: carousels and
/// review cards, which carry other films' scores in the same elements.
inline constexpr std::size_t kDefaultPageBytes = 150 * 1024UL;

/// The page of a film or series in the shape of today's design (2024 on) with its traps: wrong scores in
/// window.mpscall, other scores in the scorecard's overlay and around it, a streaming date in JSON-LD, an
/// audience's consensus right after the critics'.
std::string filmPage(const Film& film, std::size_t bytes);

/// The site's page for what is not there: the home page's head, no JSON-LD, no scorecard.
std::string notFoundPage(std::size_t bytes);

/// The home page, status 200: what a redirect to `/` leads to.
std::string homePage(std::size_t bytes);

/// The film's page with everything but the scorecard, as `/m/x/reviews` is.
std::string pageWithoutScorecard(const Film& film, std::size_t bytes);

/// A page of some next redesign: the film's name and scores in places that nobody has named.
std::string pageWithoutPlaces(const Film& film, std::size_t bytes);

/// The score-board design of 2021-23.
std::string oldDesignPage(const Film& film, std::size_t bytes);

/// What a bot detection serves, status 200, instead of the page.
std::string blockedPage();

/// A few bytes on which tidy 5.6.0 recurses until its stack ends.
std::string crashPage();

}  // namespace rtbatch::standin
