#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/Exception.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/PatternFormatter.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "common/config/config.h"
#include "handler/cgi.h"
#include "handler/exit_codes.h"
#include "handler/service.h"
#include "common/process/stop_signal.h"

namespace {

Poco::Util::OptionSet optionSet() {
    using Poco::Util::Option;
    Poco::Util::OptionSet options;
    options.addOption(Option("config", "c", "read the settings from FILE").argument("FILE"));
    options.addOption(Option("help", "h", "show this"));
    options.addOption(Option("version", "v", "show the version"));
    return options;
}

void printHelp(const Poco::Util::OptionSet& options) {
    Poco::Util::HelpFormatter help(options);
    help.setUnixStyle(true);
    help.setCommand("rtbatch-handler");
    help.setUsage("[--config FILE]");
    help.setHeader(
        "Answers batches of movies over FastCGI, on the socket that handler.listen names or on descriptor "
        "0. Started by a web server as a CGI program it answers that one request, whatever the command line "
        "says; its settings are in the file that RTBATCH_CONFIG names, else in "
        "/etc/rtbatch/rtbatch.properties.");
    help.setFooter(
        "Each setting a.b_c of the file can be given as RTBATCH_A_B_C in the environment, which wins. "
        "SIGTERM and SIGINT stop the handler; open streams may finish. "
        "Exit codes: 0 stopped, 1 could not start, 64 wrong usage, 78 wrong settings.");
    help.format(std::cout);
}

void logToStderr() {
    const Poco::AutoPtr<Poco::PatternFormatter> format(
        new Poco::PatternFormatter("%Y-%m-%dT%H:%M:%S.%iZ %p %s: %t"));
    const Poco::AutoPtr<Poco::ConsoleChannel> console(new Poco::ConsoleChannel(std::cerr));
    Poco::Logger::root().setChannel(new Poco::FormattingChannel(format, console));
}

int run(int argc, char** argv) {
    if (rtbatch::startedAsCgi()) {
        logToStderr();
        return rtbatch::answerCgiRequest();
    }
    const Poco::Util::OptionSet options = optionSet();
    Poco::Util::OptionProcessor processor(options);
    processor.setUnixStyle(true);
    std::filesystem::path file;
    for (int i = 1; i < argc; ++i) {
        std::string name;
        std::string value;
        if (!processor.process(argv[i], name, value)) {
            throw Poco::Util::UnknownOptionException(argv[i]);
        }
        if (name == "help") {
            printHelp(options);
            return 0;
        }
        if (name == "version") {
            std::cout << "rtbatch-handler " << rtbatch::version() << '\n';
            return 0;
        }
        if (name == "config") {
            file = value;
        }
    }
    processor.checkRequired();
    const rtbatch::Config config = rtbatch::loadConfig(file);
    config.check();
    rtbatch::blockStopSignals();
    logToStderr();
    rtbatch::serve(config);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const Poco::Util::OptionException& error) {
        std::cerr << "rtbatch-handler: " << error.displayText() << "; see --help\n";
        return rtbatch::kHandlerUsage;
    } catch (const rtbatch::ConfigError& error) {
        std::cerr << "rtbatch-handler: " << error.what() << '\n';
        return rtbatch::kHandlerConfig;
    } catch (const Poco::Exception& error) {
        std::cerr << "rtbatch-handler: " << error.displayText() << '\n';
        return rtbatch::kHandlerFailed;
    } catch (const std::exception& error) {
        std::cerr << "rtbatch-handler: " << error.what() << '\n';
        return rtbatch::kHandlerFailed;
    }
}
