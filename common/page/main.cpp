// rtbatch-page-reader: a page on standard input, its facts on standard output.

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

constexpr std::string_view kHelp =
    R"(rtbatch-page-reader: reads a film's or a series' page of Rotten Tomatoes.

    rtbatch-page-reader < page.html              its facts, one line of JSON
    rtbatch-page-reader --explain < page.html    for a person: where each fact comes from
    rtbatch-page-reader --links < page.html      of a list of films: their ids, one line of JSON

  --links            give the ids of the films and series that a browse or an editorial page lists, in its order
  --explain          say for each fact which layer of the page it was taken from and what the others say
  --memory-mb N      address space it allows itself, 32-4096 (default 256)
  --cpu-seconds N    CPU time it allows itself, 1-600 (default 10)
  --help, --version

A page that is not surely a film's page of the known design is unreadable, with a reason; nothing is guessed.
Before it reads, the program gives up files, processes, privileges and nearly all system calls.

Exit codes:
  0  the page was read
  1  the page is unreadable; the answer says why
  2  wrong usage
  3  the system does not let it limit itself
  4  the page could not be had from standard input, or the answer not be written
  5  it ran out of the memory it allowed itself
)";

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

std::optional<Options> parseOptions(const std::vector<std::string_view>& args) {
    Options options;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const std::string_view next = i + 1 < args.size() ? args[i + 1] : "";
        if (args[i] == "--explain" || args[i] == "--links") {
            (args[i] == "--links" ? options.links : options.explain) = true;
            continue;
        }
        std::optional<int> number;
        if (args[i] == "--memory-mb") {
            number = numberIn(next, 32, 4096);
            options.limits.memoryMb = number.value_or(0);
        } else if (args[i] == "--cpu-seconds") {
            number = numberIn(next, 1, 600);
            options.limits.cpuSeconds = number.value_or(0);
        }
        if (!number) {
            return std::nullopt;
        }
        ++i;
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
    if (args.size() == 1 && args[0] == "--help") {
        std::cout << kHelp;
        return kExitRead;
    }
    if (args.size() == 1 && args[0] == "--version") {
        std::cout << "rtbatch-page-reader " << RTBATCH_VERSION << '\n';
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
