#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/cli/exit_code.h"

namespace rtbatch {

class Invocation;

/// What runs when the command line has been understood. May throw; see runProgram().
using Run = std::function<ExitCode(const Invocation&)>;

/// An option of a program or of one of its commands.
struct Option {
    std::string name;           ///< `top` for --top
    char letter = 0;            ///< 'n' for -n; 0: none
    std::string argument = {};  ///< what its value is called, `N`; empty: it takes none
    std::string help;           ///< a clause, without a full stop
};

/// The words that follow a command, or a program that has none.
struct Words {
    std::string shown = {};  ///< as the usage line has them, `ID` or `[ID ...]`
    std::size_t least = 0;
    std::size_t most = 0;
};

/// One thing that a program can do.
struct Command {
    std::string name;     ///< one word, or two: `keys list`
    std::string summary;  ///< a clause, without a full stop
    Words words = {};
    std::vector<std::string> description = {};  ///< paragraphs
    std::vector<Option> options = {};
    Run run = {};
};

/// What an exit code means, a clause.
struct ExitMeaning {
    int code;
    std::string meaning;
};

/// A file or a variable of the environment that concerns a program, and why.
struct Reference {
    std::string name;
    std::string meaning;
};

/// A program as data. Its parser, its help and its man page are made from this, so that they cannot drift
/// apart. The text is ASCII.
struct Program {
    std::string name;
    std::string version;
    std::string summary;                        ///< a clause, without a full stop
    std::vector<std::string> description = {};  ///< paragraphs
    bool readsConfig = true;                    ///< it has --config; --help and --version are always there
    std::vector<Option> options = {};           ///< further ones, before a command or without commands
    std::vector<Command> commands = {};         ///< in the order in which they are listed
    Words words = {};                           ///< of a program without commands
    Run run = {};                               ///< of a program without commands
    std::vector<ExitMeaning> exitCodes = {};
    std::optional<ExitCode> failure =
        {};  ///< what stands for `data`, `noInput`, `unavailable` and `software`
    std::vector<Reference> environment = {};
    std::vector<Reference> files = {};
    std::vector<std::string> seeAlso = {};  ///< `rtbatch-admin 8`
};

/// Those that come by themselves (--config, --help, --version), and the program's own.
std::vector<Option> allOptions(const Program& program);

/// The command of that name; null: there is none.
const Command* findCommand(const Program& program, const std::string& name);

/// The second words of the commands that begin with `word` and have two.
std::vector<std::string> wordsAfter(const Program& program, const std::string& word);

}  // namespace rtbatch
