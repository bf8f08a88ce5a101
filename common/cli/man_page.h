#pragma once

#include <chrono>
#include <string>

#include "common/cli/description.h"

namespace rtbatch {

/// The program's page of section 8, in mdoc(7).
std::string manPage(const Program& program, std::chrono::sys_days date);

/// The date of a page that is made now: SOURCE_DATE_EPOCH of the environment, in seconds, or today, so that a
/// build can be repeated to the byte.
std::chrono::sys_days manDate();

}  // namespace rtbatch
