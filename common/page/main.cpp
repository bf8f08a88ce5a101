// rtbatch-page-reader: a page on standard input, its facts on standard output.

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli/help_text.h"
#include "common/cli/man_page.h"
#include "common/config/version.h"
#include "common/page/document.h"
#include "common/page/exit_codes.h"
#include "common/page/explanation.h"
#include "common/page/read_links.h"
#include "common/page/read_page.h"
#include "common/page/reading_json.h"
#include "common/page/sandbox.h"
#include "common/page/text.h"

namespace rtbatch {
namespace {

Program describe() {
    return {
        .name = "rtbatch-page-reader",
        .version = version(),
        .summary = "reads a film's or a series' page of Rotten Tomatoes",
        .description =
            {"It takes the page on standard input and gives its facts as one line of JSON; with "
             "--explain it shows a person where each fact comes from.",
             "With --links the page is one that lists films, a browse page or an article: it gives "
             "their ids in the order of the page.",
             "A page that is not surely a film's page of the known design is unreadable, with a "
             "reason; nothing is guessed.",
             "Before it reads, the program gives up files, processes, privileges and nearly all "
             "system calls."},
        .readsConfig = false,
        .options =
            {{.name = "links",
              .help = "gives the ids of the films and series that a browse page or an article lists, "
                      "in its order, instead of facts"},
             {.name = "explain",
              .help = "says for each fact which layer of the page it was taken from and what the "
                      "others say"},
             {.name = "memory-mb",
              .argument = "N",
              .help = "address space it allows itself, 32-4096 (default 256)"},
             {.name = "cpu-seconds",
              .argument = "N",
              .help = "CPU time it allows itself, 1-600 (default 2); a page that needs more is unreadable"}},
        .exitCodes = {{kExitRead, "the page was read"},
                      {kExitUnreadable, "the page is unreadable; the answer says why"},
                      {kExitUsage, "wrong usage"},
                      {kExitNoSandbox, "the system does not let it limit itself"},
                      {kExitInputOutput,
                       "the page could not be had from standard input, or the answer not be written"},
                      {kExitMemory, "it ran out of the memory it allowed itself"}},
        .seeAlso = {"rtbatch-admin 8", "rtbatch-handler 8"},
    };
}

struct Options {
    bool explain = false;
    bool links = false;
    SandboxLimits limits{};
};

/// An option's number, or nothing when it is none or out of its range.
std::optional<int> numberIn(std::string_view text, int least, int most) {
    const auto number = parseDigits(text);
    return number && *number >= least && *number <= most ? number : std::nullopt;
}

/// By hand, for this program is started for each page and the parser of the others would be loaded each time.
std::optional<Options> parseOptions(const std::vector<std::string_view>& args) {
    Options options;
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (args[i] == "--explain" || args[i] == "--links") {
            (args[i] == "--links" ? options.links : options.explain) = true;
            continue;
        }
        const auto equals = args[i].find('=');
        const std::string_view name = args[i].substr(0, equals);
        std::string_view value;
        if (equals != std::string_view::npos) {
            value = args[i].substr(equals + 1);
        } else if (i + 1 < args.size()) {
            value = args[++i];
        }
        std::optional<int> number;
        if (name == "--memory-mb") {
            number = numberIn(value, 32, 4096);
            options.limits.memoryMb = number.value_or(0);
        } else if (name == "--cpu-seconds") {
            number = numberIn(value, 1, 600);
            options.limits.cpuSeconds = number.value_or(0);
        }
        if (!number) {
            return std::nullopt;
        }
    }
    return options.links && options.explain ? std::nullopt : std::optional(options);
}

/// All of standard input, or one byte more than the longest page; nothing when it cannot be read.
std::optional<std::string> readInput() {
    std::string page;
    std::array<char, 65536> block{};
    while (page.size() <= kMaxPageBytes) {
        const ssize_t got = read(STDIN_FILENO, block.data(), block.size());
        if (got == 0) {
            return page;
        }
        if (got < 0 && errno != EINTR) {
            return std::nullopt;
        }
        if (got > 0) {
            page.append(block.data(), static_cast<std::size_t>(got));
        }
    }
    return page;
}

bool writeOutput(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = write(STDOUT_FILENO, text.data(), text.size());
        if (put < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
    }
    return true;
}

/// What is answered when the page reaches the CPU limit; a signal handler can make no text.
std::string& answerAtCpuLimit() {
    static std::string answer;
    return answer;
}

/// A page that takes too long is unreadable like any other.
void answerWhenOutOfCpu(const Options& options) {
    const Unreadable unreadable{"it takes more than " + std::to_string(options.limits.cpuSeconds) +
                                " s of CPU time to read"};
    answerAtCpuLimit() = options.links     ? renderLinks(unreadable)
                         : options.explain ? renderExplanation(unreadable, {})
                                           : renderReading(unreadable, {});
    struct sigaction action {};
    action.sa_handler = [](int) {
        _exit(writeOutput(answerAtCpuLimit()) ? kExitUnreadable : kExitInputOutput);
    };
    sigaction(SIGXCPU, &action, nullptr);
}

int readAndAnswer(const Options& options) {
    const auto page = readInput();
    if (!page) {
        std::cerr << "rtbatch-page-reader: cannot read standard input\n";
        return kExitInputOutput;
    }
    if (options.links) {
        const Links links = readLinks(*page);
        if (!writeOutput(renderLinks(links))) {
            return kExitInputOutput;
        }
        return std::holds_alternative<Unreadable>(links) ? kExitUnreadable : kExitRead;
    }
    Explanation explanation;
    const Reading reading = readPage(*page, &explanation);
    if (!writeOutput(options.explain ? renderExplanation(reading, explanation)
                                     : renderReading(reading, explanation))) {
        return kExitInputOutput;
    }
    return std::holds_alternative<MovieFacts>(reading) ? kExitRead : kExitUnreadable;
}

int run(const std::vector<std::string_view>& args) {
    const auto asked = [&args](std::string_view name, std::string_view letter) {
        return args.size() == 1 && (args[0] == name || args[0] == letter);
    };
    if (asked("--help", "-h")) {
        std::cout << helpText(describe());
        return kExitRead;
    }
    if (asked("--version", "-V")) {
        std::cout << "rtbatch-page-reader " << version() << '\n';
        return kExitRead;
    }
    if (asked("--man", "--man")) {
        std::cout << manPage(describe(), manDate());
        return kExitRead;
    }
    const auto options = parseOptions(args);
    if (!options) {
        std::cerr << "rtbatch-page-reader: wrong usage; see --help\n";
        return kExitUsage;
    }
    if (isatty(STDIN_FILENO) != 0) {
        std::cerr << "rtbatch-page-reader: give it a page on standard input; see --help\n";
        return kExitUsage;
    }
    exitWhenOutOfMemory();
    answerWhenOutOfCpu(*options);
    // tidy asks for the environment's locale, whose files can no longer be opened then. "C" has none.
    setenv("LC_ALL", "C", 1);
    try {
        enterSandbox(options->limits);
        return readAndAnswer(*options);
    } catch (const SandboxError& e) {
        std::cerr << "rtbatch-page-reader: cannot limit itself: " << e.what() << '\n';
        return kExitNoSandbox;
    } catch (const std::bad_alloc&) {
        return kExitMemory;
    }
}

}  // namespace
}  // namespace rtbatch

int main(int argc, char** argv) {
    const std::vector<std::string_view> args(argv + 1, argv + argc);
    return rtbatch::run(args);
}
