#pragma once

#include <string>
#include <string_view>

#include "common/model/facts.h"

namespace rtbatch::test {

/// A small page in the shape of today's design, of a film that does not exist, with the other films, reviews
/// and overlays around the scorecard that real pages have.
std::string filmPage();

/// What filmPage() says.
MovieFacts filmFacts();

/// `page` with each `from` as `to`. Fails the test when there is none: then the test would test nothing.
std::string with(std::string page, std::string_view from, std::string_view to);

/// `page` without what stands from `first` up to and with the next `last`, which may be empty. Fails when it
/// is not there.
std::string without(std::string page, std::string_view first, std::string_view last);

/// Pieces of filmPage() that tests take out whole.
std::string withoutScorecardJson(std::string page);
std::string withoutScorecardElement(std::string page);
std::string withoutWhereToWatch(std::string page);
std::string withoutMpscall(std::string page);
std::string withoutMediaHero(std::string page);
std::string withoutJsonLd(std::string page);

}  // namespace rtbatch::test
