#pragma once

#include "common/cli/program.h"

namespace rtbatch {

// What rtbatch-admin can do; main.cpp describes each for the command line.

ExitCode runMigrate(const Invocation& invocation);

/// Described beside its code.
Command doctorCommand();

}  // namespace rtbatch
