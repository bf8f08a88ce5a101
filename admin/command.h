#pragma once

#include <vector>

#include "common/cli/program.h"
#include "common/model/imdb_id.h"

namespace rtbatch {

// What rtbatch-admin can do; main.cpp describes each for the command line.

ExitCode runMigrate(const Invocation& invocation);
ExitCode runPurge(const Invocation& invocation);
ExitCode runShow(const Invocation& invocation);
ExitCode runStatus(const Invocation& invocation);

/// A word of the command line as a movie's id. Throws UsageError.
ImdbId imdbIdOf(const std::string& word);

/// Says on standard error which database it was, for commands that write.
void sayDatabase(const Invocation& invocation);

/// Described beside its code.
Command doctorCommand();
Command repairCommand();
Command unblockCommand();
std::vector<Command> keysCommands();

}  // namespace rtbatch
