#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/page/claims.h"
#include "common/page/explanation.h"
#include "common/page/page_reader.h"

namespace rtbatch {

/// The page reader's answer as one line of JSON, ASCII, with a line feed:
/// `{"title":…,"year":…,"criticScore":…,"audienceScore":…,"certified":…,"consensus":…,"released":"2024-11-01","page":"m/heat","from":{"title":"json-ld",…},"without":["media-hero-json"]}`
/// with null for what is unknown, or `{"unreadable":"why","without":[…]}`; `without`, if there are any, lists
/// the layers that are missing or broken.
std::string renderReading(const Reading& reading, const Explanation& explanation);

/// Reads such a line. The process that wrote it may have been taken over by the page, so each fact is checked
/// to be one; an answer of any other form is Unreadable. Never throws for a bad answer.
Reading parseReading(std::string_view line);

/// The layers that such a line says are missing or broken; none for an answer of any other form.
std::vector<Layer> layersWithout(std::string_view line);

}  // namespace rtbatch
