#include "common/assembly/options.h"

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

HttpOptions httpOptions(const Config& config, const std::string& url) {
    HttpOptions options;
    options.baseUrl = url;
    options.userAgent = config.userAgent();
    options.caFile = config.httpCaFile;
    options.connectTimeout = config.httpConnectTimeout;
    options.maxBody = config.httpMaxBody;
    return options;
}

std::filesystem::path readerPath(const Config& config) {
    return config.readerPath.empty() ? readerBesideThisProgram() : std::filesystem::path(config.readerPath);
}

ReaderLimits readerLimits(const Config& config) {
    return {.timeout = config.readerTimeout, .memoryMb = config.readerMemoryMb};
}

}  // namespace rtbatch
