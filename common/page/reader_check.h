#pragma once

#include <string_view>

#include "common/page/page_reader.h"

namespace rtbatch {

/// A small page that every reader of this version reads: what cannot read it cannot read any.
std::string_view knownPage();

/// Whether that is what a right reading of knownPage() gives.
bool isKnownPage(const Reading& reading);

}  // namespace rtbatch
