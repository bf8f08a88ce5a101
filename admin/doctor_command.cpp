#include <ostream>

#include "admin/command.h"
#include "admin/doctor/doctor.h"

namespace rtbatch {

namespace {

ExitCode runDoctor(const Invocation& invocation) {
    DoctorOptions options;
    options.url = invocation.option("url").value_or(options.url);
    std::vector<Finding> findings;
    try {
        findings = examine(invocation.config(), options);
    } catch (const ConfigError& error) {
        // Without settings there is nothing else to look at.
        findings = {{"settings", Result::bad, error.what(), "mend the setting, then run this again"}};
    }
    if (invocation.has("json")) {
        writeJson(invocation.out(), findings);
    } else {
        writeText(invocation.out(), findings);
    }
    return isAllWell(findings) ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

Command doctorCommand() {
    return {
        .name = "doctor",
        .summary = "examines the installation, and says what to do about what is wrong",
        .description =
            {"One line a check: `ok', `BAD' with what to do under it, or `--' for what could not be seen or "
             "is none of this installation's. It ends with 1 when something is bad.",
             "It asks neither site, and leaves nothing in the database. To see whether nginx passes a stream "
             "on while it is written, it asks for a film that there is not, tt0000000, and answers the "
             "handler's question for it itself. Run it as the user, on the host and with the environment of "
             "the handlers."},
        .options = {{.name = "url",
                     .argument = "URL",
                     .help = "where clients reach the service; without it http://127.0.0.1"},
                    {.name = "json", .help = "one line of JSON, for a program"}},
        .run = &runDoctor,
    };
}

}  // namespace rtbatch
