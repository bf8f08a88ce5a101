#include "common/page/reader_process.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/page/child_process.h"
#include "common/page/exit_codes.h"
#include "common/page/read_page.h"
#include "common/page/reading_json.h"

namespace rtbatch {

namespace {

/// The longest answer: a title and a consensus of which each character takes two `\u` escapes, and the rest.
constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;

/// kMaxLinks ids of the longest kind.
constexpr std::size_t kMaxLinksAnswer = std::size_t{1024} * 1024;

/// The label of what is no layer's fault, after those of the layers.
constexpr auto kOfProcess = static_cast<std::size_t>(Layer::consensus) + 1;

constexpr auto kCodeDiffers = "the page reader's answer and its exit code differ";

std::string reasonOfCode(int code) {
    std::string start = "the page reader ended with code " + std::to_string(code);
    switch (code) {
        case kExitUsage:
            return start + " (wrong usage: of another version?)";
        case kExitNoSandbox:
            return start + " (the system does not let it limit itself)";
        case kExitInputOutput:
            return start + " (input or output failed)";
        case kExitMemory:
            return start + " (out of the memory that it may use)";
        default:
            return start;
    }
}

}  // namespace

ReaderProcess::ReaderProcess(std::filesystem::path program, ReaderLimits limits)
    : _program(std::move(program)), _limits(limits) {}

std::variant<ReaderProcess::Answer, Unreadable> ReaderProcess::ask(const std::vector<std::string>& options,
                                                                   std::string_view html,
                                                                   std::size_t maxAnswer,
                                                                   Deadline deadline) const {
    if (html.size() > kMaxPageBytes) {
        return Unreadable{"longer than any page of the site"};
    }
    std::vector<std::string> args{"--memory-mb", std::to_string(_limits.memoryMb), "--cpu-seconds",
                                  std::to_string(_limits.cpuSeconds)};
    args.insert(args.end(), options.begin(), options.end());
    ChildEnd end = runChild(_program, args, html, maxAnswer, Deadline::in(_limits.timeout).sooner(deadline));
    switch (end.kind) {
        case ChildEnd::Kind::exited:
            if (end.number != kExitRead && end.number != kExitUnreadable) {
                return Unreadable{reasonOfCode(end.number)};
            }
            return Answer{std::move(end.output), end.number == kExitRead};
        case ChildEnd::Kind::signalled:
            return Unreadable{"the page reader was killed by signal " + std::to_string(end.number)};
        case ChildEnd::Kind::timedOut:
            return Unreadable{"the page reader took too long and was killed"};
        case ChildEnd::Kind::overflowed:
            return Unreadable{"the page reader said more than an answer and was killed"};
        case ChildEnd::Kind::notStarted:
            return Unreadable{"the page reader could not be started: " +
                              std::generic_category().message(end.number)};
        case ChildEnd::Kind::lost:
            break;
    }
    return Unreadable{"how the page reader ended is not known"};
}

Reading ReaderProcess::read(std::string_view html, Deadline deadline) {
    auto asked = ask({}, html, kMaxAnswer, deadline);
    if (auto* unreadable = std::get_if<Unreadable>(&asked)) {
        metrics().pageFailures.count(kOfProcess);
        return std::move(*unreadable);
    }
    const auto& answer = std::get<Answer>(asked);
    for (const Layer layer : layersWithout(answer.line)) {
        metrics().pageFailures.count(layer);
    }
    Reading reading = parseReading(answer.line);
    if (std::holds_alternative<MovieFacts>(reading) && !answer.readable) {
        return Unreadable{kCodeDiffers};
    }
    return reading;
}

Links ReaderProcess::links(std::string_view html, Deadline deadline) {
    auto asked = ask({"--links"}, html, kMaxLinksAnswer, deadline);
    if (auto* unreadable = std::get_if<Unreadable>(&asked)) {
        return std::move(*unreadable);
    }
    const auto& answer = std::get<Answer>(asked);
    Links links = parseLinks(answer.line);
    if (!std::holds_alternative<Unreadable>(links) && !answer.readable) {
        return Unreadable{kCodeDiffers};
    }
    return links;
}

std::filesystem::path readerBesideThisProgram() {
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    return self.parent_path() / "rtbatch-page-reader";
}

}  // namespace rtbatch
