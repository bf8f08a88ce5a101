#pragma once

#include <string>
#include <string_view>

#include "common/page/claims.h"

namespace rtbatch {

/// Whether `path` is the address of a film, a series, a season or an episode on the site: `m/x`, `tv/x`,
/// `tv/x/s01`, `tv/x/s01/e02`, each part of 1-200 characters of `[A-Za-z0-9_-]`; so not `m/x/reviews`,
/// `browse/...` or `celebrity/...`.
bool isFilmPath(std::string_view path);

/// What a URL says of the address of the page that it stands on: `m/heat` of
/// `https://www.rottentomatoes.com/m/heat/?x#y`. A relative one counts from the root of the site; scheme,
/// `www.`, query, fragment and a slash at the end do not matter. Silent for an empty one; unusable for what
/// is no film's address, other hosts included.
Claim<std::string> pageClaim(std::string_view url);

/// What two URLs of one page say together: unusable when they differ in more than the case of letters.
Claim<std::string> samePage(const Claim<std::string>& first, const Claim<std::string>& second);

}  // namespace rtbatch
