#pragma once

#include <optional>
#include <string>

namespace rtbatch {

/// A page of Rotten Tomatoes that lists films.
struct ListAddress {
    bool editorial = false;  ///< on the editorial site
    std::string path;        ///< with its query

    /// Accepts `https://www.rottentomatoes.com/browse/…` and `https://editorial.rottentomatoes.com/…`;
    /// nothing for any other text: a page is only ever asked for at a site whose manners we know.
    static std::optional<ListAddress> parse(const std::string& url);
};

}  // namespace rtbatch
