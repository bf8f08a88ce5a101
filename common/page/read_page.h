#pragma once

#include <cstddef>
#include <string_view>

#include "common/page/explanation.h"
#include "common/page/page_reader.h"

namespace rtbatch {

/// A page that is longer than this, in bytes, is none of the site's (the longest seen had one million).
constexpr std::size_t kMaxPageBytes = std::size_t{4160} * 1024;

/// Whether `html` ends as a page does; one without its end may have been cut off.
bool endsAsPage(std::string_view html);

/// Reads a page in this process. A crafted page can crash the parser, so only the page reader's own process
/// and tests with pages of their own call this; everyone else uses ReaderProcess. Throws std::bad_alloc.
///
/// The rule is "right or unreadable, never wrong":
/// - the page is whole, says itself that it is a film's or a series', and carries a scorecard;
/// - each fact comes from the first layer that speaks of it;
/// - layers that contradict each other on a score, on certified, on the title or on the page's address make
/// the
///   page unreadable, and so does a scorecard that is not understood;
/// - the year is unknown where the layers do not agree on the film's own; see filmYear();
/// - the consensus, which nothing confirms, is unknown where it may be another text or half of one.
Reading readPage(std::string_view html, Explanation* explanation = nullptr);

}  // namespace rtbatch
