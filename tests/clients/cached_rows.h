#pragma once

#include <string>
#include <vector>

#include "tests/support/stack.h"

namespace rtbatch::test {

/// Puts `count` (1-9999) made-up films into the cache, fresh for a long time, each event of about 450 bytes
/// as real ones are, and gives their ids. The stand-in knows none of them: they can only come from the cache.
std::vector<std::string> insertCachedRows(Stack& stack, int count);

/// The ids of `count` films that the stand-in has and the cache has not.
std::vector<std::string> standinFilms(int count);

/// One that Wikidata, as the stand-in plays it, does not know.
inline const std::string kUnknownFilm = "tt9000099";

}  // namespace rtbatch::test
