#pragma once

#include "common/cli/description.h"
#include "common/cli/invocation.h"

namespace rtbatch {

/// A program's whole life: reads the command line, answers --help, --version and `help COMMAND` (and --man,
/// by which the build makes the man page), runs the command, and gives the exit code. A fault becomes one
/// line on stderr and its code: UsageError 64, DataError 65, NoInputError 66, StoreError 69, ConfigError and
/// std::invalid_argument 78, anything else 70. An answer that cannot be written ends with 74.
int runProgram(const Program& program, int argc, char** argv);

}  // namespace rtbatch
