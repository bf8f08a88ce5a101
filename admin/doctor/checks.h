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

// database_way_check.cpp: what lies between us and the database.
Finding checkDatabaseWay(const Config& config);
/// Of a file system's number, as statfs(2) has it; null for one of this machine.
const char* networkFileSystem(unsigned long number);
/// Whether a host is this machine or of a private network (RFC 1918, RFC 4193), as far as can be told.
bool isPrivateHost(const std::string& host);

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
