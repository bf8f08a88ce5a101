#include "common/cli/program.h"

#include <Poco/Exception.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <exception>
#include <iostream>
#include <span>
#include <stdexcept>
#include <utility>

#include "common/cli/help_text.h"
#include "common/cli/man_page.h"
#include "common/store/store.h"

namespace rtbatch {

namespace {

using Arguments = std::span<char* const>;

/// Options and words in the order in which they were taken in.
struct CommandLine {
    std::map<std::string, std::string> options;
    std::vector<std::string> words;
};

Poco::Util::OptionSet optionSet(const std::vector<Option>& options) {
    Poco::Util::OptionSet set;
    for (const auto& option : options) {
        Poco::Util::Option entry(option.name, option.letter == 0 ? "" : std::string(1, option.letter),
                                 option.help);
        if (!option.argument.empty()) {
            entry.argument(option.argument);
        }
        set.addOption(entry);
    }
    return set;
}

/// Reads from the front of `arguments`, all of them or up to the first word, which it takes too.
CommandLine take(Arguments& arguments, const std::vector<Option>& options, bool upToWord) {
    const auto set = optionSet(options);
    Poco::Util::OptionProcessor processor(set);
    processor.setUnixStyle(true);
    CommandLine line;
    while (!arguments.empty() && !(upToWord && !line.words.empty())) {
        std::string name;
        std::string value;
        if (!processor.process(arguments.front(), name, value)) {
            line.words.emplace_back(arguments.front());
        } else if (!name.empty()) {
            line.options[name] = value;
        }
        arguments = arguments.subspan(1);
    }
    processor.checkRequired();
    return line;
}

void checkWords(const std::vector<std::string>& words, const Words& wanted, const std::string& who) {
    if (wanted.most == 0 && !words.empty()) {
        throw UsageError(who + " takes no arguments, and got '" + words.front() + "'");
    }
    if (words.size() > wanted.most) {
        throw UsageError(who + " takes " + wanted.shown + ", and got '" + words[wanted.most] + "' too");
    }
    if (words.size() < wanted.least) {
        throw UsageError(who + " needs " + wanted.shown);
    }
}

const Command& commandOf(const Program& program, const CommandLine& line) {
    if (line.words.empty()) {
        throw UsageError("no command given");
    }
    const Command* command = findCommand(program, line.words.front());
    if (command == nullptr) {
        throw UsageError("no such command: '" + line.words.front() + "'");
    }
    return *command;
}

/// Takes the second word of a command that has two. What stands between them are options of the program.
void takeSecondWord(const Program& program, Arguments& arguments, CommandLine& line) {
    const auto choices =
        line.words.empty() ? std::vector<std::string>{} : wordsAfter(program, line.words.front());
    if (choices.empty()) {
        return;
    }
    auto second = take(arguments, allOptions(program), true);
    second.options.merge(line.options);
    line.options = std::move(second.options);
    if (!second.words.empty()) {
        line.words.front() += " " + second.words.front();
    } else if (!line.options.contains("help") && !line.options.contains("version")) {
        std::string list;
        for (const auto& choice : choices) {
            list += (list.empty() ? "" : choice == choices.back() ? " or " : ", ") + choice;
        }
        throw UsageError(line.words.front() + " needs a word more: " + list);
    }
}

ExitCode run(const Program& program, Arguments arguments) {
    auto options = allOptions(program);
    const bool hasCommands = !program.commands.empty();
    auto line = take(arguments, options, hasCommands);
    if (hasCommands) {
        takeSecondWord(program, arguments, line);
    }
    const Command* command = nullptr;
    if (hasCommands && !line.options.contains("help") && !line.options.contains("version")) {
        command = &commandOf(program, line);
        options.insert(options.begin(), command->options.begin(), command->options.end());
        auto rest = take(arguments, options, false);
        rest.options.merge(line.options);
        line = std::move(rest);
    }
    if (line.options.contains("help")) {
        std::cout << (command == nullptr ? helpText(program) : helpText(program, *command));
        return ExitCode::ok;
    }
    if (line.options.contains("version")) {
        std::cout << program.name << " " << program.version << "\n";
        return ExitCode::ok;
    }
    checkWords(line.words, command == nullptr ? program.words : command->words,
               command == nullptr ? program.name : command->name);
    const Run& body = command == nullptr ? program.run : command->run;
    return body(Invocation(std::move(options), std::move(line.options), std::move(line.words), std::cout));
}

ExitCode complain(const Program& program, ExitCode code, const std::string& message) {
    std::cout.flush();
    std::cerr << program.name << ": " << message << "\n";
    return code;
}

ExitCode runAndExplain(const Program& program, Arguments arguments) {
    const auto hint = " (see " + program.name + " --help)";
    const auto code = [&](ExitCode usual) { return program.failure.value_or(usual); };
    try {
        return run(program, arguments);
    } catch (const UsageError& e) {
        return complain(program, ExitCode::usage, e.what() + hint);
    } catch (const Poco::Util::OptionException& e) {
        return complain(program, ExitCode::usage, e.displayText() + hint);
    } catch (const ConfigError& e) {
        return complain(program, ExitCode::config, e.what());
    } catch (const std::invalid_argument& e) {
        return complain(program, ExitCode::config, e.what());
    } catch (const DataError& e) {
        return complain(program, code(ExitCode::data), e.what());
    } catch (const StoreError& e) {
        return complain(program, code(ExitCode::unavailable), e.what());
    } catch (const Poco::Exception& e) {
        return complain(program, code(ExitCode::software), e.displayText());
    } catch (const std::exception& e) {
        return complain(program, code(ExitCode::software), e.what());
    }
}

}  // namespace

int runProgram(const Program& program, int argc, char** argv) {
    const auto arguments = Arguments(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0);
    if (arguments.size() == 1 && std::string(arguments.front()) == "--man") {
        std::cout << manPage(program, manDate());
        return 0;
    }
    ExitCode code = runAndExplain(program, arguments);
    if (!std::cout.flush() && code == ExitCode::ok) {
        code = complain(program, ExitCode::inputOutput, "the answer cannot be written to standard output");
    }
    return static_cast<int>(code);
}

}  // namespace rtbatch
