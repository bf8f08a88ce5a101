#pragma once

#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/config/config.h"

namespace rtbatch {

/// How rtbatch-admin ends, after sysexits.h; `--help` lists them for the operator.
enum class ExitCode {
    ok = 0,
    usage = 64,        ///< the command line is not understood
    unavailable = 69,  ///< the database is away or refuses
    software = 70,     ///< a defect of ours
    config = 78,       ///< a setting is wrong
};

/// The command line is not understood; the message says what.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One thing that rtbatch-admin can do.
struct Command {
    std::string_view name;
    std::string_view summary;
    /// `arguments`: what follows the name. Throws UsageError, ConfigError, StoreError, std::invalid_argument.
    ExitCode (*run)(const Config& config, std::span<const std::string> arguments, std::ostream& out);
};

/// All of them, in the order in which `--help` lists them.
std::span<const Command> commands();

ExitCode runMigrate(const Config& config, std::span<const std::string> arguments, std::ostream& out);

}  // namespace rtbatch
