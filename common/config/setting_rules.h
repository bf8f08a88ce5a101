#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config.h"

namespace rtbatch {

/// What may be written for a setting, and how it enters a Config. `set` says false to a text that it refuses;
/// the caller then tells the operator what is `allowed`.
struct SettingRule {
    std::string allowed;
    std::function<bool(Config&, const std::string&)> set;
};

/// A whole number of plain digits in [min, max]; nothing for any other text.
std::optional<std::int64_t> parseWhole(std::string_view text, std::int64_t min, std::int64_t max);

/// Seconds with at most three decimals in [min, max]; nothing for any other text.
std::optional<std::chrono::milliseconds> parseSeconds(std::string_view text, std::chrono::milliseconds min,
                                                      std::chrono::milliseconds max);

/// A whole number from `min` to `max`, kept in the field's own unit times `factor`.
template <class Field>
SettingRule wholeNumber(Field Config::*field, std::int64_t min, std::int64_t max, std::int64_t factor = 1) {
    return {"a whole number from " + std::to_string(min) + " to " + std::to_string(max),
            [=](Config& config, const std::string& text) {
                const auto value = parseWhole(text, min, max);
                if (value) {
                    config.*field = static_cast<Field>(*value * factor);
                }
                return value.has_value();
            }};
}

SettingRule seconds(std::chrono::milliseconds Config::*field, std::chrono::milliseconds min,
                    std::chrono::milliseconds max);
SettingRule yesOrNo(bool Config::*field);
/// One of a few words.
SettingRule oneOf(std::string Config::*field, const std::vector<std::string>& words);
SettingRule octalMode(int Config::*field);
SettingRule anyPath(std::string Config::*field);
SettingRule databaseUrl(std::string Config::*field);
SettingRule listenAddress(std::string Config::*field);
SettingRule headerToken(std::string Config::*field);
SettingRule contact(std::string Config::*field);

/// An http or https URL with a host, and without user, query and fragment. A site's base has no path either,
/// and loses a trailing slash.
SettingRule upstreamUrl(std::string Config::*field, bool siteBase);

/// The scheme and host of an upstream URL that the rule above let pass; host in lower case, without brackets.
struct UpstreamAddress {
    std::string scheme;
    std::string host;

    /// 127.0.0.0/8, ::1 or localhost: nothing leaves the machine.
    bool onLoopback() const;
};
UpstreamAddress addressOf(const std::string& url);

}  // namespace rtbatch
