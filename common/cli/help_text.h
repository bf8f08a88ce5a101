#pragma once

#include <string>

#include "common/cli/description.h"

namespace rtbatch {

/// What `--help` shows, for a terminal of 80 columns.
std::string helpText(const Program& program);

/// What `PROGRAM COMMAND --help` shows.
std::string helpText(const Program& program, const Command& command);

/// What `PROGRAM WORD --help` shows, where several commands begin with that word.
std::string helpText(const Program& program, const std::string& word);

}  // namespace rtbatch
