#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include "admin/doctor/checks.h"
#include "common/page/child_process.h"
#include "common/page/exit_codes.h"
#include "common/setup/setup.h"

namespace rtbatch {

namespace {

bool lacksContact(const Config& config) {
    return config.live() && config.httpContact.empty();
}

/// How the reader ended, when it should have said that a page without anything is unreadable.
std::string whyReaderFailed(const ChildEnd& end) {
    switch (end.kind) {
        case ChildEnd::Kind::exited:
            if (end.number == kExitNoSandbox) {
                return "the system does not let it limit itself";
            }
            return "it ended with code " + std::to_string(end.number);
        case ChildEnd::Kind::signalled:
            return "it was killed by signal " + std::to_string(end.number);
        case ChildEnd::Kind::timedOut:
            return "it took too long";
        case ChildEnd::Kind::overflowed:
            return "it said too much";
        case ChildEnd::Kind::notStarted:
            return "it cannot be started: " + std::generic_category().message(end.number);
        case ChildEnd::Kind::lost:
            break;
    }
    return "how it ended is not known";
}

}  // namespace

Finding checkSettings(const Config& config) {
    Config others = config;
    if (lacksContact(config)) {
        others.httpContact = "none";  // a finding of its own
    }
    try {
        others.check();
        return {"settings", Result::good,
                config.live() ? "for the real sites" : "for a stand-in on this machine, not the real sites"};
    } catch (const ConfigError& error) {
        return {"settings", Result::bad, error.what(),
                "mend the setting; conf/rtbatch.properties explains each"};
    }
}

Finding checkContact(const Config& config) {
    if (lacksContact(config)) {
        return {"contact", Result::bad, "http.contact is empty, so no program starts for the real sites",
                "set http.contact to your mail address or URL, which the sites see in every request"};
    }
    return {"contact", Result::good,
            config.httpContact.empty() ? "none, and none needed for a stand-in"
                                       : "requests say " + config.userAgent()};
}

Finding checkPageReader(const Config& config) {
    using namespace std::chrono_literals;
    constexpr std::size_t kMostSaid = 4096;
    const auto program = readerPath(config);
    const std::vector<std::string> args{"--memory-mb", std::to_string(config.readerMemoryMb), "--cpu-seconds",
                                        "2"};
    const ChildEnd end =
        runChild(program, args, "<html></html>", kMostSaid, Deadline::in(config.readerTimeout + 1s));
    if (end.kind == ChildEnd::Kind::exited && end.number == kExitUnreadable) {
        return {"page reader", Result::good, program.string() + " runs shut in, and reads"};
    }
    return {"page reader", Result::bad, program.string() + ": " + whyReaderFailed(end),
            "install rtbatch-page-reader beside the other programs, or set reader.path; in a container allow "
            "seccomp and setrlimit; reader.memory_mb must leave it room"};
}

}  // namespace rtbatch
