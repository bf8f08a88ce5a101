#include "common/setup/setup.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "common/metrics/metrics.h"
#include "common/store/database_url.h"
#include "common/upstream/rotten_tomatoes_client.h"
#include "common/upstream/wikidata_client.h"

namespace rtbatch {

LogOptions logOptions(const Config& config, bool together) {
    LogOptions options;
    options.together = together;
    options.format = config.logFormat == "json" ? LogFormat::json : LogFormat::text;
    options.target = config.logTo == "syslog" ? LogTarget::syslog : LogTarget::stderrStream;
    options.level = config.logLevel == "error"     ? LogLevel::error
                    : config.logLevel == "warning" ? LogLevel::warning
                    : config.logLevel == "debug"   ? LogLevel::debug
                                                   : LogLevel::information;
    return options;
}

void shareMetrics(const Config& config, CellUser user) {
    if (config.metricsDir.empty()) {
        return;
    }
    try {
        // Without the password, of which a short hash would tell too much.
        shareCells(config.metricsDir, databaseName(config), metrics().layout(), user);
    } catch (const std::runtime_error& error) {
        Poco::Logger::get("rtbatch.metrics")
            .warning("this process counts for itself: %s", std::string(error.what()));
    }
}

std::string databaseName(const Config& config) {
    return DatabaseUrl::parse(config.databaseUrl).describe();
}

StoreOptions storeOptions(const Config& config) {
    // SQLite's are files, which nobody counts: few would let writers that wait for each other hold up
    // readers.
    constexpr int kLeastOfSqlite = 6;
    const bool few = config.databaseUrl.starts_with("sqlite:");
    // What lives for a time is spread, by less than an eighth.
    const auto spread = [](std::chrono::milliseconds life) { return life + life / 8; };
    const AheadLimits defaults;
    return {.url = config.databaseUrl,
            .maxConnections = std::max(config.databaseMaxConnections, few ? kLeastOfSqlite : 1),
            .timeout = config.databaseTimeout,
            .aheadLimits = {
                .row = std::max(defaults.row, spread(std::max(config.cacheTtl, config.cacheNewTtl))),
                .rtId = std::max(defaults.rtId, spread(std::max(config.rtIdTtl, config.notFoundTtl))),
                // As long as a slot's lease (gate.cpp).
                .probe = std::max(config.wikidataTimeout, config.rtTimeout) + std::chrono::seconds(5)}};
}

GateOptions gateOptions(const Config& config) {
    GateOptions options;
    options.wikidataSlots = config.wikidataMaxConcurrent;
    options.pageSlots = config.rtMaxConcurrent;
    options.wikidataTimeout = config.wikidataTimeout;
    options.pageTimeout = config.rtTimeout;
    return options;
}

FetcherOptions fetcherOptions(const Config& config) {
    FetcherOptions options;
    options.wikidataWorkers = config.wikidataMaxConcurrent;
    options.pageWorkers = config.rtMaxConcurrent;
    options.wikidataTimeout = config.wikidataTimeout;
    options.pageTimeout = config.rtTimeout;
    options.readTimeout = config.readerTimeout;
    options.lifetime = {config.cacheTtl, config.cacheNewTtl};
    options.rtIdTtl = config.rtIdTtl;
    options.notFoundTtl = config.notFoundTtl;
    options.maxFlights = static_cast<std::size_t>(config.fetchMaxQueued);
    return options;
}

HttpOptions httpOptions(const Config& config, const std::string& url) {
    HttpOptions options;
    options.baseUrl = url;
    options.userAgent = config.userAgent();
    options.caFile = config.httpCaFile;
    options.connectTimeout = config.httpConnectTimeout;
    options.maxBody = config.httpMaxBody;
    return options;
}

std::function<std::unique_ptr<IdSource>()> idSources(const Config& config) {
    return [options = httpOptions(config, config.wikidataUrl)] {
        return std::make_unique<WikidataClient>(options);
    };
}

std::function<std::unique_ptr<PageSource>()> pageSources(const Config& config) {
    return [options = httpOptions(config, config.rtUrl)] {
        return std::make_unique<RottenTomatoesClient>(options);
    };
}

std::filesystem::path readerPath(const Config& config) {
    return config.readerPath.empty() ? readerBesideThisProgram() : std::filesystem::path(config.readerPath);
}

ReaderLimits readerLimits(const Config& config) {
    return {config.readerTimeout, config.readerMemoryMb};
}

}  // namespace rtbatch
