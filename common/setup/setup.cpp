#include "common/setup/setup.h"

#include "common/upstream/rotten_tomatoes_client.h"
#include "common/upstream/wikidata_client.h"

namespace rtbatch {

StoreOptions storeOptions(const Config& config) {
    return {.url = config.databaseUrl,
            .maxConnections = config.databaseMaxConnections,
            .timeout = config.databaseTimeout};
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
