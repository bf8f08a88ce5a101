#include <string>

#include "admin/doctor/checks.h"
#include "common/page/reader_process.h"
#include "common/setup/setup.h"

namespace rtbatch {

namespace {

bool lacksContact(const Config& config) {
    return config.live() && config.httpContact.empty();
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
    const auto program = readerPath(config);
    if (const auto why = ReaderProcess(program, readerLimits(config)).check()) {
        return {
            "page reader", Result::bad, program.string() + ": " + *why,
            "install rtbatch-page-reader of this version beside the other programs, or set reader.path; in a "
            "container allow seccomp and setrlimit; reader.memory_mb must leave it room"};
    }
    return {"page reader", Result::good, program.string() + " runs shut in, and reads"};
}

}  // namespace rtbatch
