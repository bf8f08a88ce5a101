#include "common/cli/description.h"

#include <algorithm>

namespace rtbatch {

std::vector<Option> allOptions(const Program& program) {
    std::vector<Option> options;
    if (program.readsConfig) {
        options.push_back({.name = "config",
                           .letter = 'c',
                           .argument = "FILE",
                           .help = "the settings; without it the defaults, and RTBATCH_A_B_C of the "
                                   "environment for each setting a.b_c"});
    }
    options.insert(options.end(), program.options.begin(), program.options.end());
    options.push_back({.name = "help", .letter = 'h', .help = "shows the help"});
    options.push_back({.name = "version", .letter = 'V', .help = "shows the version"});
    return options;
}

const Command* findCommand(const Program& program, const std::string& name) {
    const auto command = std::find_if(program.commands.begin(), program.commands.end(),
                                      [&](const Command& c) { return c.name == name; });
    return command == program.commands.end() ? nullptr : &*command;
}

std::vector<std::string> wordsAfter(const Program& program, const std::string& word) {
    std::vector<std::string> words;
    for (const Command& command : program.commands) {
        if (command.name.starts_with(word + " ")) {
            words.push_back(command.name.substr(word.size() + 1));
        }
    }
    return words;
}

}  // namespace rtbatch
