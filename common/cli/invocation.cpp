#include "common/cli/invocation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/config/setting_rules.h"

namespace rtbatch {

Invocation::Invocation(std::vector<Option> known, std::map<std::string, std::string> values,
                       std::vector<std::string> arguments, std::ostream& out)
    : _known(std::move(known)), _values(std::move(values)), _arguments(std::move(arguments)), _out(out) {}

const Config& Invocation::config() const {
    if (!_config) {
        _config = loadConfig(configFile());
    }
    return *_config;
}

std::filesystem::path Invocation::configFile() const {
    return settingsFile(option("config").value_or(""));
}

std::optional<std::string> Invocation::option(const std::string& name) const {
    if (std::none_of(_known.begin(), _known.end(), [&](const Option& o) { return o.name == name; })) {
        throw std::logic_error("a command asks for the option --" + name + ", which it does not have");
    }
    const auto found = _values.find(name);
    return found == _values.end() ? std::nullopt : std::optional(found->second);
}

bool Invocation::has(const std::string& name) const {
    return option(name).has_value();
}

std::optional<std::int64_t> Invocation::number(const std::string& name, std::int64_t min,
                                               std::int64_t max) const {
    const auto text = option(name);
    if (!text) {
        return std::nullopt;
    }
    const auto value = parseWhole(*text, min, max);
    if (!value) {
        throw UsageError("--" + name + " is '" + *text + "'; write a whole number from " +
                         std::to_string(min) + " to " + std::to_string(max));
    }
    return value;
}

}  // namespace rtbatch
