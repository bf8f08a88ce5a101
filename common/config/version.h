#pragma once

#include <string>

namespace rtbatch {

/// The version of every program of the project: what `git describe` says of the checkout it was built from,
/// else the number in CMakeLists.txt.
std::string version();

}  // namespace rtbatch
