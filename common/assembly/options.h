#pragma once

#include <filesystem>
#include <string>

#include "common/config/config.h"
#include "common/fetch/gate.h"
#include "common/page/reader_process.h"
#include "common/store/store.h"
#include "common/upstream/http_client.h"

namespace rtbatch {

// What the settings mean to the parts, the same for every program: above all the limits of the deployment.

StoreOptions storeOptions(const Config& config);
GateOptions gateOptions(const Config& config);

/// To reach the upstream at `url`, one of the settings.
HttpOptions httpOptions(const Config& config, const std::string& url);

std::filesystem::path readerPath(const Config& config);
ReaderLimits readerLimits(const Config& config);

}  // namespace rtbatch
