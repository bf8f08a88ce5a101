#include "common/config/config.h"

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/Util/PropertyFileConfiguration.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <string_view>
#include <system_error>

#include "common/config/settings.h"

namespace rtbatch {

namespace {

constexpr std::string_view kPrefix = "RTBATCH_";
constexpr const char* kFileVariable = "RTBATCH_CONFIG";  // names the file, and is no setting
constexpr const char* kInstalledFile = "/etc/rtbatch/rtbatch.properties";
constexpr const char* kEnvironmentFile = "/etc/rtbatch/environment";  // our units read it once

/// Poco's reader of properties files, told to keep the keys as they stand and to refuse a key that is given
/// twice: the later line would silently win over the one that the operator is looking at.
class FileSettings : public Poco::Util::PropertyFileConfiguration {
public:
    const std::map<std::string, std::string>& values() const { return _values; }

protected:
    void setRaw(const std::string& key, const std::string& value) override {
        if (!_values.emplace(key, value).second) {
            throw ConfigError("'" + key + "' is given twice; keep one of the lines");
        }
    }

private:
    std::map<std::string, std::string> _values;
};

std::map<std::string, std::string> readFile(const std::filesystem::path& file) {
    errno = 0;
    std::ifstream in(file);
    int error = errno;
    std::error_code unknown;  // without it, is_directory() throws
    if (std::filesystem::is_directory(file, unknown)) {
        error = EISDIR;
    }
    if (!in || error == EISDIR) {
        throw ConfigError("cannot read the configuration file " + file.string() + ": " +
                          (error == ENOENT || error == ENOTDIR ? "there is no such file"
                           : error == EACCES                   ? "this user may not read it (try sudo)"
                                                               : std::generic_category().message(error)));
    }
    try {
        Poco::AutoPtr<FileSettings> settings(new FileSettings);
        settings->load(in);
        return settings->values();
    } catch (const ConfigError& e) {
        throw ConfigError(file.string() + ": " + e.what());
    } catch (const Poco::Exception& e) {
        throw ConfigError(file.string() + ": " + e.displayText());
    }
}

/// What the environment sets, by variable. An empty variable counts as unset, whatever its name.
std::map<std::string, std::string> readEnvironment() {
    std::map<std::string, std::string> values;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (text.starts_with(kPrefix) && equals != std::string_view::npos && equals + 1 < text.size() &&
            text.substr(0, equals) != kFileVariable) {
            values.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return values;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t swap = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({swap, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

[[noreturn]] void refuseUnknown(const std::string& where, const std::string& what, const std::string& name,
                                const std::vector<std::string>& known) {
    const auto nearest = std::min_element(known.begin(), known.end(), [&name](const auto& a, const auto& b) {
        return editDistance(name, a) < editDistance(name, b);
    });
    throw ConfigError(where + "there is no " + what + " '" + name + "'; the nearest is '" + *nearest + "'");
}

[[noreturn]] void refuseValue(const std::string& where, const Setting& setting, const std::string& name,
                              const std::string& value) {
    const std::string said = setting.secret ? " is not understood" : " is '" + value + "'";
    throw ConfigError(where + name + said + "; write " + setting.rule.allowed);
}

/// Puts `values`, keyed by what `nameOf` calls a setting, into `config`. `where` opens every message.
template <class NameOf>
void apply(Config& config, const std::map<std::string, std::string>& values, const std::string& where,
           const std::string& what, NameOf nameOf) {
    std::map<std::string, const Setting*> byName;
    std::vector<std::string> names;
    for (const Setting& setting : settingTable()) {
        names.push_back(nameOf(setting));
        byName.emplace(names.back(), &setting);
    }
    for (const auto& [name, value] : values) {
        const auto found = byName.find(name);
        if (found == byName.end()) {
            refuseUnknown(where, what, name, names);
        }
        if (!found->second->rule.set(config, value)) {
            refuseValue(where, *found->second, name, value);
        }
    }
}

void checkUpstream(const std::string& key, const std::string& url) {
    const UpstreamAddress address = addressOf(url);
    if (address.scheme == "http" && !address.onLoopback()) {
        throw ConfigError(key + " is '" + url +
                          "'; write https, for http is only for a stand-in on 127.0.0.1");
    }
}

}  // namespace

bool Config::live() const {
    return !addressOf(wikidataUrl).onLoopback() || !addressOf(rtUrl).onLoopback();
}

std::string Config::userAgent() const {
    const std::string product = "rtbatch/" + version();
    return httpContact.empty() ? product : product + " (+" + httpContact + ")";
}

void Config::checkAsked(const std::string& key, const std::string& url) const {
    checkUpstream(key, url);
    if (!addressOf(url).onLoopback() && httpContact.empty()) {
        throw ConfigError(
            "http.contact is empty; write your mail address or URL, which the real site sees in "
            "every request's User-Agent, or point " +
            key + " at a stand-in on 127.0.0.1");
    }
}

void Config::check() const {
    checkUpstream("wikidata.url", wikidataUrl);
    checkUpstream("rt.url", rtUrl);
    checkUpstream("rt.editorial_url", rtEditorialUrl);
    if (live() && httpContact.empty()) {
        throw ConfigError(
            "http.contact is empty; write your mail address or URL, which the real sites see in every "
            "request's "
            "User-Agent, or point wikidata.url and rt.url at a stand-in on 127.0.0.1");
    }
    const bool tls = addressOf(wikidataUrl).scheme == "https" || addressOf(rtUrl).scheme == "https";
    if (tls && access(httpCaFile.c_str(), R_OK) != 0) {
        throw ConfigError("http.ca_file is '" + httpCaFile +
                          "', which cannot be read; install ca-certificates or write the path of a PEM file");
    }
}

std::vector<SettingInfo> allSettings() {
    std::vector<SettingInfo> all;
    for (const Setting& setting : settingTable()) {
        all.push_back({setting.key, setting.environment(), setting.defaultValue, setting.rule.allowed,
                       setting.description});
    }
    return all;
}

std::filesystem::path settingsFile(const std::filesystem::path& given) {
    if (!given.empty()) {
        return given;
    }
    if (const char* named = std::getenv(kFileVariable); named != nullptr && *named != '\0') {
        return named;
    }
    // One that exists and that we may not look at is an error: it may name another database.
    if (::access(kInstalledFile, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return {};
    }
    if (::access(kEnvironmentFile, F_OK) == 0) {
        throw ConfigError(std::string(kEnvironmentFile) + " is not read: move its settings to " +
                          kInstalledFile + " (RTBATCH_A_B_C=... becomes a.b_c = ...), and delete it");
    }
    return kInstalledFile;
}

Config loadConfig(const std::filesystem::path& file) {
    Config config;
    if (!file.empty()) {
        apply(config, readFile(file), file.string() + ": ", "key",
              [](const Setting& setting) { return setting.key; });
    }
    apply(config, readEnvironment(), "environment: ", "variable",
          [](const Setting& setting) { return setting.environment(); });
    return config;
}

}  // namespace rtbatch
