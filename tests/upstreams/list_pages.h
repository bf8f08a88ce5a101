#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/upstreams/films.h"

namespace rtbatch::standin {

inline constexpr std::string_view kBrowsePage = "/browse/movies_in_theaters";
inline constexpr std::string_view kGuidePage = "/guide/essential-films/";

/// A browse page that lists `films` in this order, in the shape of the real one: menus with films of the week
/// around it, each tile with its link in one of two places, and some films twice.
std::string browsePage(const std::vector<Film>& films, std::size_t bytes);

/// A page of the editorial site that counts `films` down, the last one first: no <main>, absolute links,
/// three of them for each film, and links to people.
std::string guidePage(const std::vector<Film>& films, std::size_t bytes);

}  // namespace rtbatch::standin
