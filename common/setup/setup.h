#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/config/config.h"
#include "common/fetch/fetcher.h"
#include "common/fetch/gate.h"
#include "common/log/log.h"
#include "common/metrics/cells.h"
#include "common/page/reader_process.h"
#include "common/store/store.h"
#include "common/upstream/http_client.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

// What the settings mean for the parts of which every program is put together.

/// `together`: see LogOptions.
LogOptions logOptions(const Config& config, bool together = false);

/// Adds what this process counts to what the others of this host count. Where that cannot be, it counts for
/// itself, and the log says so. To be called before there are threads.
void shareMetrics(const Config& config, CellUser user);

StoreOptions storeOptions(const Config& config);

/// Which database the settings name, for a person: without the password.
std::string databaseName(const Config& config);
GateOptions gateOptions(const Config& config);

/// With a worker for each slot; more page workers make up for the time in which pages are read.
FetcherOptions fetcherOptions(const Config& config);

/// For a client of this upstream; `url` is its setting.
HttpOptions httpOptions(const Config& config, const std::string& url);

/// Each call makes a client; they throw as HttpClient does.
std::function<std::unique_ptr<IdSource>()> idSources(const Config& config);
std::function<std::unique_ptr<PageSource>()> pageSources(const Config& config);

std::filesystem::path readerPath(const Config& config);
ReaderLimits readerLimits(const Config& config);

}  // namespace rtbatch
