#pragma once

#include <string>
#include <vector>

#include "admin/doctor/doctor.h"
#include "admin/doctor/finding.h"
#include "common/config/config.h"
#include "common/store/store.h"

namespace rtbatch {

// The checks of the doctor, one finding each. Those that are given a store throw StoreError when it fails.

// database_checks.cpp
Finding checkReachable(Store& store, const Config& config);
Finding checkMigrations(Store& store);
Finding checkCharset(Store& store, const Config& config);
Finding checkPrivileges(Store& store, const Config& config);
Finding checkWriting(Store& store, const Config& config);

// clock_check.cpp
Finding checkClock(Store& store);

// refresher_checks.cpp
Finding checkRefresher(Store& store, const Config& config);
Finding checkMarkup(Store& store);

// settings_checks.cpp
Finding checkSettings(const Config& config);
Finding checkContact(const Config& config);
Finding checkPageReader(const Config& config);

// socket_check.cpp
Finding checkHandlerSocket(const Config& config);

// nginx_checks.cpp
Finding checkNginx(const Config& config, const DoctorOptions& options);

/// Sees whether a stream arrives while it is written. Plays another process that has the fetch of a film
/// under way (docs/how-it-works.md, "A claim"), so that the handler waits for it and asks no upstream.
Finding checkBuffering(Store& store, const Config& config, const DoctorOptions& options);

}  // namespace rtbatch
