#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace rtbatch {

/// The version of every program of the project.
std::string version();

/// A setting is missing, misspelt or out of its range; the message says which and what to write.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Every setting with its default. conf/rtbatch.properties documents the same keys for the operator.
struct Config {
    std::string databaseUrl = "sqlite:var/rtbatch.db";
    int databaseMaxConnections = 6;                   ///< of this process
    std::chrono::milliseconds databaseTimeout{5000};  ///< of one call

    std::string handlerListen;                    ///< empty: fd 0; else a unix socket's path, or HOST:PORT
    int handlerSocketMode = 0660;                 ///< of a unix socket that we open; octal in the file
    int handlerWorkers = 4;                       ///< threads that parse, look up and write
    int handlerMaxStreams = 8192;                 ///< open at once; more are refused with 503
    std::chrono::seconds handlerStopTimeout{10};  ///< how long open streams may go on after SIGTERM

    std::size_t batchMaxIds = 50;
    std::chrono::seconds batchTimeout{60};
    std::chrono::seconds batchHeartbeat{10};

    bool authRequired = true;
    std::string authAdminKey;

    std::chrono::hours cacheTtl{168};
    std::chrono::hours rtIdTtl{24 * 90};  ///< how long a Wikidata answer is believed
    std::chrono::hours notFoundTtl{24};   ///< how long "Wikidata knows none" is believed

    std::string wikidataUrl = "https://query.wikidata.org/sparql";
    int wikidataMaxConcurrent = 5;
    std::chrono::milliseconds wikidataTimeout{20000};  ///< of one request, in all

    std::string rtUrl = "https://www.rottentomatoes.com";
    int rtMaxConcurrent = 2;
    std::chrono::milliseconds rtTimeout{20000};

    int fetchMaxQueued = 20000;  ///< movies that may wait to be fetched; more are refused one by one

    std::string httpContact;
    std::string httpCaFile = "/etc/ssl/certs/ca-certificates.crt";
    std::size_t httpMaxBody = 4 * 1024 * 1024;  ///< bytes of a reply, inflated
    std::chrono::milliseconds httpConnectTimeout{5000};

    std::string readerPath;                         ///< empty: beside the running program
    std::chrono::milliseconds readerTimeout{5000};  ///< wall time for one page
    int readerMemoryMb = 256;

    /// Both upstreams are the real sites' own or any other https host: a contact is required then.
    bool live() const;

    /// `rtbatch/VERSION (+CONTACT)`; a stand-in's operator has none to give.
    std::string userAgent() const;

    /// Throws ConfigError when the settings do not fit together (live without a contact, ...).
    void check() const;
};

/// The key of a setting and its meaning, for `--help` and for the test that holds the file to the table.
struct SettingInfo {
    std::string key;
    std::string defaultValue;
};
std::vector<SettingInfo> allSettings();

/// Reads the properties file, then RTBATCH_A_B_C for each key a.b_c, which wins. `file` may be empty:
/// defaults and environment only. Throws ConfigError: no such file, an unknown key, a value of the wrong
/// form.
Config loadConfig(const std::filesystem::path& file);

}  // namespace rtbatch
