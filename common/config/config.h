#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/config/version.h"

namespace rtbatch {

/// A setting is missing, misspelt or out of its range; the message says which and what to write.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Every setting with its default. conf/rtbatch.properties documents the same keys for the operator.
struct Config {
    std::string databaseUrl = "sqlite:var/rtbatch.db";
    int databaseMaxConnections = 2;                   ///< of this process
    std::chrono::milliseconds databaseTimeout{5000};  ///< of one call

    std::string handlerListen;     ///< a unix socket's path, or HOST:PORT; not used when fd 0 is a socket
    int handlerSocketMode = 0660;  ///< of a unix socket that we open; octal in the file
    int handlerWorkers = 4;        ///< threads that parse, look up and write
    int handlerMaxStreams = 8192;  ///< open at once; more are refused with 503
    std::chrono::milliseconds handlerStopTimeout{10000};  ///< how long open streams may go on after SIGTERM

    std::size_t batchMaxIds = 50;
    std::chrono::milliseconds batchTimeout{60000};    ///< of one batch, in all
    std::chrono::milliseconds batchHeartbeat{10000};  ///< longest silence of a stream
    std::chrono::milliseconds movieTimeout{30000};    ///< of a request for a single movie, in all

    bool authRequired = true;
    std::string authAdminKey;

    std::chrono::hours cacheTtl{168};
    std::size_t cacheMemory =
        std::size_t{32} * 1024 * 1024;                ///< bytes for rows read or stored lately; 0: none
    std::chrono::milliseconds cacheMemoryAge{30000};  ///< how long a row is answered from there
    std::chrono::hours cacheNewTtl{24};   ///< of films of this year, or released in the last 90 days
    std::chrono::hours rtIdTtl{24 * 90};  ///< how long a Wikidata answer is believed
    std::chrono::hours notFoundTtl{24};   ///< how long "Wikidata knows none" is believed

    std::string wikidataUrl = "https://query.wikidata.org/sparql";
    int wikidataMaxConcurrent = 5;
    std::chrono::milliseconds wikidataTimeout{20000};  ///< of one request, in all

    std::string rtUrl = "https://www.rottentomatoes.com";
    int rtMaxConcurrent = 2;
    std::chrono::milliseconds rtTimeout{20000};
    std::string rtEditorialUrl = "https://editorial.rottentomatoes.com";  ///< where its lists of films are

    int fetchMaxQueued = 20000;  ///< movies that may wait to be fetched; more are refused one by one

    std::chrono::milliseconds demandFlush{5000};  ///< how often a handler writes what was asked for

    std::chrono::minutes refresherEvery{5};  ///< how often cron starts `rtbatch-refresher run`
    int refresherPagesPerDay = 2000;         ///< the budget
    int refresherRtSlots = 1;                ///< page requests that it has open at once

    std::string httpContact;
    std::string httpCaFile = "/etc/ssl/certs/ca-certificates.crt";
    std::size_t httpMaxBody = std::size_t{4} * 1024 * 1024;  ///< bytes of a reply, inflated
    std::chrono::milliseconds httpConnectTimeout{5000};

    std::string readerPath;                         ///< empty: beside the running program
    std::chrono::milliseconds readerTimeout{5000};  ///< wall time for one page
    int readerMemoryMb = 256;

    std::string logTo = "stderr";          ///< or syslog
    std::string logFormat = "text";        ///< or json
    std::string logLevel = "information";  ///< or error, warning, debug

    std::string metricsDir =
        "/dev/shm";  ///< where processes of a host add up what they count; empty: they do not

    /// An upstream is asked beyond this machine, the real site or another: a contact is required then. Not
    /// live is a stand-in on loopback for both.
    bool live() const;

    /// `rtbatch/VERSION (+CONTACT)`; a stand-in's operator has none to give.
    std::string userAgent() const;

    /// Throws ConfigError when the settings do not fit together (live without a contact, ...).
    void check() const;

    /// Throws ConfigError unless `url`, the setting `key`, may be asked: a real site has a right to a
    /// contact, also where the others are stand-ins.
    void checkAsked(const std::string& key, const std::string& url) const;

    friend bool operator==(const Config&, const Config&) = default;
};

/// One setting as `--help` shows it, and as the test that holds conf/rtbatch.properties to the table reads
/// it.
struct SettingInfo {
    std::string key;           ///< `a.b_c`, in the file
    std::string environment;   ///< `RTBATCH_A_B_C`, which wins
    std::string defaultValue;  ///< as one would write it; may be empty
    std::string allowed;       ///< what may be written: "a whole number from 1 to 16"
    std::string description;   ///< one line
};

/// Every setting, in the order of conf/rtbatch.properties.
std::vector<SettingInfo> allSettings();

/// The file to read: `given` (--config), else what RTBATCH_CONFIG names, else /etc/rtbatch/rtbatch.properties
/// if it exists; empty: none. Throws ConfigError where /etc/rtbatch/environment exists beside the last, for
/// no program reads that one.
std::filesystem::path settingsFile(const std::filesystem::path& given = {});

/// Reads the properties file, then RTBATCH_A_B_C for each key a.b_c, which wins; an empty variable counts as
/// unset. `file` may be empty: defaults and environment only. Throws ConfigError: a file that cannot be read,
/// a key that there is not or that is given twice, a value of the wrong form. Does not call check().
Config loadConfig(const std::filesystem::path& file);

}  // namespace rtbatch
