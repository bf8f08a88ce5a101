#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/cli/description.h"
#include "common/config/config.h"

namespace rtbatch {

/// A command line that was understood: what a command is given to run.
class Invocation {
public:
    /// `known`: the options that may be asked for. `values`: those that were given, empty where they take
    /// none.
    Invocation(std::vector<Option> known, std::map<std::string, std::string> values,
               std::vector<std::string> arguments, std::ostream& out);

    /// The settings, read at the first call. Not checked: a command that needs them to fit together calls
    /// check(). Throws ConfigError.
    const Config& config() const;

    /// The file with the settings; empty: there is none. Throws ConfigError. See settingsFile().
    std::filesystem::path configFile() const;

    /// The value of an option; nothing when it was not given.
    std::optional<std::string> option(const std::string& name) const;

    /// Whether an option was given.
    bool has(const std::string& name) const;

    /// The value of an option as a whole number; nothing when it was not given. Throws UsageError, which
    /// names the option, for anything else.
    std::optional<std::int64_t> number(const std::string& name, std::int64_t min, std::int64_t max) const;

    /// The words that are no options.
    const std::vector<std::string>& arguments() const { return _arguments; }

    /// Where the answer goes. The log and complaints go to stderr.
    std::ostream& out() const { return _out; }

private:
    const std::vector<Option> _known;
    const std::map<std::string, std::string> _values;
    const std::vector<std::string> _arguments;
    std::ostream& _out;
    mutable std::optional<Config> _config;
};

}  // namespace rtbatch
