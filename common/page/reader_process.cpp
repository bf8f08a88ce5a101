#include "common/page/reader_process.h"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/page/child_process.h"
#include "common/page/exit_codes.h"
#include "common/page/read_page.h"
#include "common/page/reader_check.h"
#include "common/page/reading_json.h"

namespace rtbatch {

namespace {

/// The longest answer: a title and a consensus of which each character takes two `\u` escapes, and the rest.
constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;

/// kMaxLinks ids of the longest kind.
constexpr std::size_t kMaxLinksAnswer = std::size_t{1024} * 1024;

/// The label of what is no layer's fault, after those of the layers.
constexpr auto kOfProcess = static_cast<std::size_t>(Layer::consensus) + 1;

/// The label of a page that could not be tried, for this host cannot read any.
constexpr auto kOfHost = kOfProcess + 1;

/// A known page takes milliseconds.
constexpr std::chrono::seconds kKnownPageTimeout{5};

/// How the reasons begin that are not the page's but its reader's.
constexpr std::string_view kOfTheReader = "the page reader";

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
    : _program(std::move(program)), _limits(limits) {
    // Some supervisors start programs with SIGCHLD ignored, and then nobody learns how a child ended.
    struct sigaction now {};
    if (sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
        now.sa_handler = SIG_DFL;
        sigaction(SIGCHLD, &now, nullptr);
    }
}

std::variant<ReaderProcess::Answer, Unreadable, NotTried> ReaderProcess::ask(
    const std::vector<std::string>& options, std::string_view html, std::size_t maxAnswer,
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
            return NotTried{"the page reader could not be started: " +
                            std::generic_category().message(end.number)};
        case ChildEnd::Kind::lost:
            break;
    }
    return NotTried{"how the page reader ended is not known"};
}

Reading ReaderProcess::readOnce(std::string_view html, Deadline deadline) {
    auto asked = ask({}, html, kMaxAnswer, deadline);
    if (auto* unreadable = std::get_if<Unreadable>(&asked)) {
        return std::move(*unreadable);
    }
    if (auto* notTried = std::get_if<NotTried>(&asked)) {
        return std::move(*notTried);
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

Reading ReaderProcess::read(std::string_view html, Deadline deadline) {
    Reading reading = readOnce(html, deadline);
    const auto* unreadable = std::get_if<Unreadable>(&reading);
    if (unreadable != nullptr && unreadable->reason.starts_with(kOfTheReader)) {
        metrics().pageFailures.count(kOfProcess);
        if (check()) {  // it is not the page
            reading = NotTried{unreadable->reason};
        }
    }
    if (std::holds_alternative<NotTried>(reading)) {
        metrics().pageFailures.count(kOfHost);
    }
    return reading;
}

std::optional<std::string> ReaderProcess::check() {
    const Reading reading = readOnce(knownPage(), Deadline::in(kKnownPageTimeout));
    if (isKnownPage(reading)) {
        return std::nullopt;
    }
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        return unreadable->reason;
    }
    const auto* notTried = std::get_if<NotTried>(&reading);
    return notTried != nullptr ? notTried->reason
                               : "the page reader reads a known page wrongly: of another version?";
}

Links ReaderProcess::links(std::string_view html, Deadline deadline) {
    auto asked = ask({"--links"}, html, kMaxLinksAnswer, deadline);
    if (auto* unreadable = std::get_if<Unreadable>(&asked)) {
        return std::move(*unreadable);
    }
    if (auto* notTried = std::get_if<NotTried>(&asked)) {
        return Unreadable{std::move(notTried->reason)};
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
