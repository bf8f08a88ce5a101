// rtbatch-admin, the operator's tool.

#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "admin/command.h"
#include "common/store/store.h"

namespace rtbatch {

std::span<const Command> commands() {
    static constexpr std::array kCommands{
        Command{"migrate", "makes the database's tables, or brings them to this program's version",
                &runMigrate},
    };
    return kCommands;
}

namespace {

struct CommandLine {
    bool help = false;
    bool version = false;
    std::string config;
    std::vector<std::string> words;  ///< the command and its arguments
};

Poco::Util::OptionSet optionSet() {
    using Poco::Util::Option;
    Poco::Util::OptionSet options;
    options.addOption(
        Option("config", "c",
               "the settings; without it the defaults, and RTBATCH_A_B_C for each setting a.b_c")
            .argument("FILE"));
    options.addOption(Option("help", "h", "shows this"));
    options.addOption(Option("version", "V", "shows the version"));
    return options;
}

CommandLine readCommandLine(int argc, char** argv, const Poco::Util::OptionSet& options) {
    CommandLine line;
    Poco::Util::OptionProcessor processor(options);
    processor.setUnixStyle(true);
    try {
        for (int i = 1; i < argc; ++i) {
            std::string name;
            std::string value;
            if (!processor.process(argv[i], name, value)) {
                line.words.emplace_back(argv[i]);
            } else if (name == "config") {
                line.config = value;
            } else if (name == "help") {
                line.help = true;
            } else if (name == "version") {
                line.version = true;
            }
        }
        processor.checkRequired();
    } catch (const Poco::Util::OptionException& e) {
        throw UsageError(e.displayText());
    }
    return line;
}

void showHelp(const Poco::Util::OptionSet& options) {
    Poco::Util::HelpFormatter formatter(options);
    formatter.setUnixStyle(true);
    formatter.setWidth(100);
    formatter.setCommand("rtbatch-admin");
    formatter.setUsage("[OPTIONS] COMMAND [ARGUMENTS]");
    formatter.setHeader("Looks after an installation of rtbatch.");
    formatter.format(std::cout);
    std::cout << "\nCommands:\n";
    for (const auto& command : commands()) {
        std::cout << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary
                  << "\n";
    }
    std::cout << "\nExit status: 0 done; 64 the command line is wrong; 69 the database is away or refuses; "
                 "70 a defect of the program; 78 a setting is wrong.\n";
}

ExitCode run(int argc, char** argv) {
    const auto options = optionSet();
    const auto line = readCommandLine(argc, argv, options);
    if (line.help) {
        showHelp(options);
        return ExitCode::ok;
    }
    if (line.version) {
        std::cout << "rtbatch-admin " << version() << "\n";
        return ExitCode::ok;
    }
    if (line.words.empty()) {
        throw UsageError("no command given");
    }
    const auto known = commands();
    const auto command =
        std::find_if(known.begin(), known.end(), [&](const auto& c) { return c.name == line.words.front(); });
    if (command == known.end()) {
        throw UsageError("no such command: '" + line.words.front() + "'");
    }
    return command->run(loadConfig(line.config), std::span(line.words).subspan(1), std::cout);
}

ExitCode complain(ExitCode code, const std::string& message) {
    std::cerr << "rtbatch-admin: " << message << "\n";
    return code;
}

ExitCode runAndExplain(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const UsageError& e) {
        return complain(ExitCode::usage, std::string(e.what()) + " (see rtbatch-admin --help)");
    } catch (const ConfigError& e) {
        return complain(ExitCode::config, e.what());
    } catch (const std::invalid_argument& e) {
        return complain(ExitCode::config, e.what());
    } catch (const StoreError& e) {
        return complain(ExitCode::unavailable, e.what());
    } catch (const Poco::Exception& e) {
        return complain(ExitCode::software, e.displayText());
    } catch (const std::exception& e) {
        return complain(ExitCode::software, e.what());
    }
}

}  // namespace

}  // namespace rtbatch

int main(int argc, char** argv) {
    return static_cast<int>(rtbatch::runAndExplain(argc, argv));
}
