#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <ostream>
#include <string>

#include "admin/command.h"
#include "admin/doctor/doctor.h"

namespace rtbatch {

namespace {

/// The first line of a file with a key, as `keys create >FILE` writes it; `-` is standard input.
std::string keyFrom(const std::string& file) {
    const std::string name = file == "-" ? "standard input" : file;
    std::ifstream opened;
    if (file != "-") {
        opened.open(file);
        if (!opened) {
            throw NoInputError("--admin-key-file: " + file + " cannot be opened: " + std::strerror(errno));
        }
        if (std::filesystem::is_directory(file)) {
            throw NoInputError("--admin-key-file: " + file + " is a directory");
        }
    }
    std::string key;
    std::getline(file == "-" ? std::cin : opened, key);
    key.erase(key.find_last_not_of(" \t\r") + 1);
    if (key.empty()) {
        throw DataError("--admin-key-file: " + name + " has no key on its first line");
    }
    if (std::ranges::any_of(key, [](unsigned char c) { return c <= 0x20 || c >= 0x7F; })) {
        throw DataError("--admin-key-file: the first line of " + name +
                        " is no key: a key is printable ASCII without blanks");
    }
    return key;
}

ExitCode runDoctor(const Invocation& invocation) {
    DoctorOptions options;
    options.url = invocation.option("url").value_or(options.url);
    const auto keyFile = invocation.option("admin-key-file");
    const auto key = keyFile ? std::optional(keyFrom(*keyFile)) : std::nullopt;
    std::vector<Finding> findings;
    try {
        Config config = invocation.config();
        config.authAdminKey = key.value_or(config.authAdminKey);
        findings = examine(config, options);
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
             "handler's question for it itself. Run it as the user and on the host of the handlers. Give "
             "a key in a file, never on a command line, which others may read and sudo logs."},
        .options = {{.name = "url",
                     .argument = "URL",
                     .help = "where clients reach the service; without it http://127.0.0.1"},
                    {.name = "admin-key-file",
                     .argument = "FILE",
                     .help = "a key that the handlers know is on its first line; - is standard input; "
                             "without it auth.admin_key"},
                    {.name = "json", .help = "one line of JSON, for a program"}},
        .run = &runDoctor,
    };
}

}  // namespace rtbatch
