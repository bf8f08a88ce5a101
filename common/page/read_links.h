#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/model/rt_id.h"
#include "common/page/page_reader.h"

namespace rtbatch {

/// A page has fewer films than this; what comes after is left out.
constexpr std::size_t kMaxLinks = 2000;

/// The films and series that a page links to, each once.
using Links = std::variant<std::vector<RtId>, Unreadable>;

/// What a link leads to, if it is the page of a film or a series of www.rottentomatoes.com: absolute, without
/// a scheme, or from the root of the site; its query and fragment do not matter.
std::optional<RtId> rtIdOfLink(std::string_view href);

/// Reads a list of films, a browse or an editorial page, in this process; see readPage() for who may. In
/// order of the page:
/// - of links inside <main>, where there is one (browse pages); else of all (editorial pages have none);
/// - without those inside <header>, <rt-header>, <nav>, <aside> and <footer>: each page has the same films of
///   the week in its menus;
/// - a page that does not end is unreadable, for it may lack films.
Links readLinks(std::string_view html);

/// The page reader's answer as one line of JSON with a line feed: `["m/heat","tv/dark"]`, or
/// `{"unreadable":"why"}`.
std::string renderLinks(const Links& links);

/// Reads such a line. The process that wrote it may have been taken over by the page, so each link is checked
/// to be one; an answer of any other form is Unreadable. Never throws for a bad answer.
Links parseLinks(std::string_view line);

}  // namespace rtbatch
