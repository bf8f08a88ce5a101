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

/// How a list of choices is said: `create, list or revoke`.
std::string anyOf(const std::vector<std::string>& choices) {
    std::string list;
    for (const auto& choice : choices) {
        list += (list.empty() ? "" : choice == choices.back() ? " or " : ", ") + choice;
    }
    return list;
}

/// One command line, from its words to the exit code.
class OneRun {
public:
    OneRun(const Program& program, Arguments arguments)
        : _program(program), _arguments(arguments), _options(allOptions(program)) {}

    ExitCode operator()() {
        const bool hasCommands = !_program.commands.empty();
        _line = take(_arguments, _options, hasCommands);
        const Command* command = nullptr;
        if (hasCommands) {
            takeSecondWord();
            if (isHelpCommand()) {
                return showHelpOf(wordsOfHelp());
            }
            command = isAnsweredAtOnce() ? nullptr : takeCommand();
        }
        if (_line.options.contains("help")) {
            return command == nullptr ? showHelpOf(_about) : show(helpText(_program, *command));
        }
        if (_line.options.contains("version")) {
            return show(_program.name + " " + _program.version + "\n");
        }
        checkWords(_line.words, command == nullptr ? _program.words : command->words,
                   command == nullptr ? _program.name : command->name);
        const Run& body = command == nullptr ? _program.run : command->run;
        return body(
            Invocation(std::move(_options), std::move(_line.options), std::move(_line.words), std::cout));
    }

    /// Where to read on about what went wrong.
    std::string hint() const {
        return " (see " + _program.name + (_about.empty() ? "" : " " + _about) + " --help)";
    }

private:
    static ExitCode show(const std::string& text) {
        std::cout << text;
        return ExitCode::ok;
    }

    bool isAnsweredAtOnce() const {
        return _line.options.contains("help") || _line.options.contains("version");
    }

    /// Takes the second word of a command that has two. What stands between them are options of the program.
    void takeSecondWord() {
        const auto choices =
            _line.words.empty() ? std::vector<std::string>{} : wordsAfter(_program, _line.words.front());
        if (choices.empty()) {
            return;
        }
        _about = _line.words.front();
        auto second = take(_arguments, _options, true);
        second.options.merge(_line.options);
        _line.options = std::move(second.options);
        if (!second.words.empty()) {
            _line.words.front() += " " + second.words.front();
        } else if (!isAnsweredAtOnce()) {
            throw UsageError(_about + " needs a word more: " + anyOf(choices));
        }
    }

    bool isHelpCommand() const {
        return !isAnsweredAtOnce() && !_line.words.empty() && _line.words.front() == "help";
    }

    /// What follows `help`, as the name of a command.
    std::string wordsOfHelp() {
        std::string name;
        for (const std::string& word : take(_arguments, _options, false).words) {
            name += (name.empty() ? "" : " ") + word;
        }
        return name;
    }

    /// `name`: of a command, the first word of several, or empty.
    ExitCode showHelpOf(const std::string& name) {
        if (name.empty()) {
            return show(helpText(_program));
        }
        if (const Command* command = findCommand(_program, name)) {
            return show(helpText(_program, *command));
        }
        if (wordsAfter(_program, name).empty()) {
            throw UsageError("no such command: '" + name + "'");
        }
        return show(helpText(_program, name));
    }

    const Command* takeCommand() {
        if (_line.words.empty()) {
            throw UsageError("no command given");
        }
        const Command* command = findCommand(_program, _line.words.front());
        if (command == nullptr) {
            throw UsageError("no such command: '" + _line.words.front() + "'");
        }
        _about = command->name;
        _options.insert(_options.begin(), command->options.begin(), command->options.end());
        auto rest = take(_arguments, _options, false);
        rest.options.merge(_line.options);
        _line = std::move(rest);
        return command;
    }

    const Program& _program;
    Arguments _arguments;
    std::vector<Option> _options;
    CommandLine _line;
    std::string _about;  ///< the command, or its first word, as far as it is known
};

ExitCode complain(const Program& program, ExitCode code, const std::string& message) {
    std::cout.flush();
    std::cerr << program.name << ": " << message << "\n";
    return code;
}

ExitCode runAndExplain(const Program& program, Arguments arguments) {
    const auto code = [&](ExitCode usual) { return program.failure.value_or(usual); };
    OneRun run(program, arguments);
    try {
        return run();
    } catch (const UsageError& e) {
        return complain(program, ExitCode::usage, e.what() + run.hint());
    } catch (const Poco::Util::OptionException& e) {
        return complain(program, ExitCode::usage, e.displayText() + run.hint());
    } catch (const ConfigError& e) {
        return complain(program, ExitCode::config, e.what());
    } catch (const std::invalid_argument& e) {
        return complain(program, ExitCode::config, e.what());
    } catch (const DataError& e) {
        return complain(program, code(ExitCode::data), e.what());
    } catch (const NoInputError& e) {
        return complain(program, code(ExitCode::noInput), e.what());
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
