#pragma once

namespace rtbatch {

/// Sends the log to stderr, a line an entry, with the time in UTC: every program's way, for whoever started
/// it (systemd, cron, a web server) knows where stderr goes.
void logToStderr();

}  // namespace rtbatch
