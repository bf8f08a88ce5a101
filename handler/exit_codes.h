#pragma once

namespace rtbatch {

/// Exit codes of rtbatch-handler, as --help says them.
constexpr int kHandlerFailed = 1;
constexpr int kHandlerUsage = 64;   // EX_USAGE of sysexits.h
constexpr int kHandlerConfig = 78;  // EX_CONFIG

}  // namespace rtbatch
