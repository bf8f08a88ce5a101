#include "common/config/settings.h"

#include <algorithm>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

constexpr bool kSiteBase = true;
constexpr bool kEndpoint = false;
constexpr bool kSecret = true;
constexpr std::int64_t kMaxHours = 87600;  // ten years

std::vector<Setting> makeTable() {
    using C = Config;
    return {
        {"database.url", "sqlite:var/rtbatch.db", databaseUrl(&C::databaseUrl), "where the rows are kept",
         kSecret},
        {"database.max_connections", "2", wholeNumber(&C::databaseMaxConnections, 1, 100),
         "connections that one process opens at most"},
        {"database.timeout_ms", "5000", wholeNumber(&C::databaseTimeout, 10, 600000),
         "how long one call to the database may take, in milliseconds"},

        {"handler.listen", "", listenAddress(&C::handlerListen),
         "where the handler listens for nginx, unless it was started with a socket as fd 0"},
        {"handler.socket_mode", "0660", octalMode(&C::handlerSocketMode),
         "permissions of the unix socket that the handler opens"},
        {"handler.workers", "4", wholeNumber(&C::handlerWorkers, 1, 256),
         "threads that parse requests, look up and write events"},
        {"handler.max_streams", "8192", wholeNumber(&C::handlerMaxStreams, 1, 1000000),
         "streams open at once; more are refused with 503"},
        {"handler.stop_timeout_s", "10", seconds(&C::handlerStopTimeout, 0s, 1h),
         "how long open streams may go on after SIGTERM"},

        {"batch.max_ids", "50", wholeNumber(&C::batchMaxIds, 1, 50), "movies that one batch may ask for"},
        {"batch.timeout_s", "60", seconds(&C::batchTimeout, 50ms, 1h), "when a batch ends, whatever is open"},
        {"batch.heartbeat_s", "10", seconds(&C::batchHeartbeat, 50ms, 1h), "the longest silence of a stream"},

        {"movie.timeout_s", "30", seconds(&C::movieTimeout, 50ms, 1h),
         "when a request for a single movie ends with 504"},

        {"auth.required", "true", yesOrNo(&C::authRequired), "whether requests need a key in X-API-Key"},
        {"auth.admin_key", "", headerToken(&C::authAdminKey), "a key that is always accepted, as admin",
         kSecret},

        {"cache.ttl_hours", "168", wholeNumber(&C::cacheTtl, 1, kMaxHours),
         "how long a movie counts as fresh, in hours"},
        {"cache.new_ttl_hours", "24", wholeNumber(&C::cacheNewTtl, 1, kMaxHours),
         "the same for films of this year or released in the last 90 days"},
        {"cache.rt_id_ttl_hours", "2160", wholeNumber(&C::rtIdTtl, 1, kMaxHours),
         "how long Wikidata's answer for a movie is believed, in hours"},
        {"cache.not_found_ttl_hours", "24", wholeNumber(&C::notFoundTtl, 1, kMaxHours),
         "how long \"Wikidata knows none\" is believed, in hours"},
        {"cache.memory_mb", "32", wholeNumber(&C::cacheMemory, 0, 65536, std::int64_t{1024} * 1024),
         "memory for rows that were read or stored lately, in MiB; 0: none"},
        {"cache.memory_s", "30", seconds(&C::cacheMemoryAge, 50ms, 1h),
         "how long a row is answered from there before the database is asked again"},

        {"wikidata.url", "https://query.wikidata.org/sparql", upstreamUrl(&C::wikidataUrl, kEndpoint),
         "the SPARQL endpoint"},
        {"wikidata.max_concurrent", "5", wholeNumber(&C::wikidataMaxConcurrent, 1, 16),
         "queries open at once"},
        {"wikidata.timeout_s", "20", seconds(&C::wikidataTimeout, 50ms, 10min), "one query, in all"},

        {"rt.url", "https://www.rottentomatoes.com", upstreamUrl(&C::rtUrl, kSiteBase), "the site's base"},
        {"rt.max_concurrent", "2", wholeNumber(&C::rtMaxConcurrent, 1, 16), "page requests open at once"},
        {"rt.timeout_s", "20", seconds(&C::rtTimeout, 50ms, 10min), "one page request, in all"},

        {"rt.editorial_url", "https://editorial.rottentomatoes.com",
         upstreamUrl(&C::rtEditorialUrl, kSiteBase), "the base of the site's lists of films"},

        {"fetch.max_queued", "20000", wholeNumber(&C::fetchMaxQueued, 1, 1000000),
         "movies that may wait to be fetched; more are refused one by one"},

        {"demand.flush_s", "5", seconds(&C::demandFlush, 50ms, 10min),
         "how often the handler writes down which movies were asked for"},

        {"refresher.every_minutes", "5", wholeNumber(&C::refresherEvery, 1, 1440),
         "how often cron starts rtbatch-refresher run"},
        {"refresher.pages_per_day", "2000", wholeNumber(&C::refresherPagesPerDay, 0, 100000),
         "pages that the refresher may ask for in a day"},
        {"refresher.rt_slots", "1", wholeNumber(&C::refresherRtSlots, 1, 16),
         "page requests that the refresher has open at most"},

        {"http.contact", "", contact(&C::httpContact),
         "how the upstreams reach you; sent in the User-Agent, required for the real sites"},
        {"http.ca_file", "/etc/ssl/certs/ca-certificates.crt", anyPath(&C::httpCaFile),
         "certificates that https upstreams are checked against"},
        {"http.max_body_kb", "4096", wholeNumber(&C::httpMaxBody, 1, 65536, 1024),
         "the largest reply that is read, inflated, in KiB"},
        {"http.connect_timeout_s", "5", seconds(&C::httpConnectTimeout, 50ms, 1min),
         "how long a connection may take to open"},

        {"reader.path", "", anyPath(&C::readerPath),
         "the program rtbatch-page-reader; empty: beside the running program"},
        {"reader.timeout_s", "5", seconds(&C::readerTimeout, 50ms, 1min), "reading one page"},
        {"reader.memory_mb", "256", wholeNumber(&C::readerMemoryMb, 32, 4096),
         "memory that reading one page may take, in MiB"},

        {"log.to", "stderr", oneOf(&C::logTo, {"stderr", "syslog"}), "where the log goes"},
        {"log.format", "text", oneOf(&C::logFormat, {"text", "json"}), "how a line of the log is written"},
        {"log.level", "information", oneOf(&C::logLevel, {"error", "warning", "information", "debug"}),
         "what is logged: this and what is worse"},

        {"metrics.dir", "/dev/shm", anyPath(&C::metricsDir),
         "where processes of a host add up what they count; empty: each counts for itself"},
    };
}

}  // namespace

std::string Setting::environment() const {
    std::string name = "RTBATCH_" + key;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        if (c == '.') {
            return '_';
        }
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return name;
}

const std::vector<Setting>& settingTable() {
    static const std::vector<Setting> table = makeTable();
    return table;
}

}  // namespace rtbatch
