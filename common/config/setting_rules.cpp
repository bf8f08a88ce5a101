#include "common/config/setting_rules.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/URI.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace rtbatch {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxContact = 200;      // it travels with every request
constexpr std::size_t kMaxSocketPath = 107;   // sockaddr_un's, less the final zero
constexpr std::size_t kMaxSecondsDigits = 7;  // keeps the arithmetic far from overflow

bool isDigits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isPrintable(std::string_view text, std::string_view except) {
    return std::all_of(text.begin(), text.end(), [except](char c) {
        return c >= ' ' && c <= '~' && except.find(c) == std::string_view::npos;
    });
}

/// "0.05", "10": as an operator would write it.
std::string secondsText(milliseconds span) {
    std::string text = std::to_string(span.count() / 1000);
    if (span.count() % 1000 != 0) {
        std::string decimals = std::to_string(1000 + span.count() % 1000).substr(1);
        decimals.erase(decimals.find_last_not_of('0') + 1);
        text += "." + decimals;
    }
    return text;
}

SettingRule textThat(std::string Config::*field, std::string allowed,
                     std::function<bool(const std::string&)> isGood) {
    return {std::move(allowed), [field, isGood = std::move(isGood)](Config& config, const std::string& text) {
                const bool good = isGood(text);
                if (good) {
                    config.*field = text;
                }
                return good;
            }};
}

std::optional<std::string> upstreamUrlFrom(const std::string& text, bool siteBase) {
    if (!isPrintable(text, " \"<>\\^`{|}")) {
        return std::nullopt;
    }
    try {
        const Poco::URI uri(text);
        const bool web = uri.getScheme() == "http" || uri.getScheme() == "https";
        if (!web || uri.getHost().empty() || !uri.getUserInfo().empty() || uri.getPort() == 0 ||
            text.find_first_of("?#") != std::string::npos) {
            return std::nullopt;
        }
        if (!siteBase) {
            return text;
        }
        if (!uri.getPath().empty() && uri.getPath() != "/") {
            return std::nullopt;
        }
        return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<std::int64_t> parseWhole(std::string_view text, std::int64_t min, std::int64_t max) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!isDigits(text) || error != std::errc() || value < min || value > max) {
        return std::nullopt;
    }
    return value;
}

std::optional<milliseconds> parseSeconds(std::string_view text, milliseconds min, milliseconds max) {
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    std::string decimals = dot == std::string_view::npos ? "0" : std::string(text.substr(dot + 1));
    if (!isDigits(whole) || whole.size() > kMaxSecondsDigits || !isDigits(decimals) || decimals.size() > 3) {
        return std::nullopt;
    }
    decimals.resize(3, '0');
    const milliseconds value(std::stoll(std::string(whole)) * 1000 + std::stoll(decimals));
    return value < min || value > max ? std::nullopt : std::optional(value);
}

SettingRule seconds(milliseconds Config::*field, milliseconds min, milliseconds max) {
    return {"a number of seconds from " + secondsText(min) + " to " + secondsText(max) + ", such as 5 or 0.5",
            [=](Config& config, const std::string& text) {
                const auto value = parseSeconds(text, min, max);
                config.*field = value.value_or(config.*field);
                return value.has_value();
            }};
}

SettingRule yesOrNo(bool Config::*field) {
    return {"true or false", [=](Config& config, const std::string& text) {
                if (text != "true" && text != "false") {
                    return false;
                }
                config.*field = text == "true";
                return true;
            }};
}

SettingRule oneOf(std::string Config::*field, const std::vector<std::string>& words) {
    std::string allowed;
    for (const std::string& word : words) {
        allowed += allowed.empty() ? "" : word == words.back() ? " or " : ", ";
        allowed += word;
    }
    return textThat(field, allowed, [words](const std::string& text) {
        return std::find(words.begin(), words.end(), text) != words.end();
    });
}

SettingRule octalMode(int Config::*field) {
    return {"three or four octal digits from 0000 to 0777", [=](Config& config, const std::string& text) {
                int mode = 0;
                const char* const last = text.data() + text.size();
                const auto [end, error] = std::from_chars(text.data(), last, mode, 8);
                if (!isDigits(text) || end != last || error != std::errc() || text.size() < 3 ||
                    text.size() > 4 || mode > 0777) {
                    return false;
                }
                config.*field = mode;
                return true;
            }};
}

SettingRule anyPath(std::string Config::*field) {
    return textThat(field, "a path",
                    [](const std::string& text) { return text.find('\0') == std::string::npos; });
}

SettingRule databaseUrl(std::string Config::*field) {
    return textThat(field,
                    "sqlite:PATH, mysql://USER:PASSWORD@HOST:PORT/DATABASE or "
                    "mysql://USER@/DATABASE?socket=PATH",
                    [](const std::string& text) {
                        return (text.starts_with("sqlite:") && text != "sqlite:") ||
                               (text.starts_with("mysql://") && text != "mysql://");
                    });
}

SettingRule listenAddress(std::string Config::*field) {
    return textThat(field, "nothing (fd 0), the path of a unix socket (at most 107 bytes), or HOST:PORT",
                    [](const std::string& text) {
                        const std::size_t colon = text.rfind(':');
                        if (text.find('/') != std::string::npos || colon == std::string::npos) {
                            return text.size() <= kMaxSocketPath;
                        }
                        return colon > 0 && parseWhole(text.substr(colon + 1), 1, 65535).has_value();
                    });
}

SettingRule headerToken(std::string Config::*field) {
    return textThat(field, "printable ASCII without blanks",
                    [](const std::string& text) { return isPrintable(text, " "); });
}

SettingRule contact(std::string Config::*field) {
    return textThat(
        field, "a mail address or URL: printable ASCII without ( ) and \\, at most 200 characters",
        [](const std::string& text) { return text.size() <= kMaxContact && isPrintable(text, "()\\"); });
}

SettingRule upstreamUrl(std::string Config::*field, bool siteBase) {
    return {siteBase ? "https://HOST or, for a stand-in, http://127.0.0.1:PORT; without a path"
                     : "https://HOST/PATH or, for a stand-in, http://127.0.0.1:PORT/PATH",
            [=](Config& config, const std::string& text) {
                auto url = upstreamUrlFrom(text, siteBase);
                if (url) {
                    config.*field = std::move(*url);
                }
                return url.has_value();
            }};
}

bool UpstreamAddress::onLoopback() const {
    Poco::Net::IPAddress address;
    return host == "localhost" || (Poco::Net::IPAddress::tryParse(host, address) && address.isLoopback());
}

UpstreamAddress addressOf(const std::string& url) {
    const Poco::URI uri(url);
    std::string host = uri.getHost();
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    return {uri.getScheme(), host};
}

}  // namespace rtbatch
