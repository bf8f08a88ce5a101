#pragma once

namespace rtbatch {

/// How rtbatch-page-reader ends; `--help` lists the same.
constexpr int kExitRead = 0;         ///< facts
constexpr int kExitUnreadable = 1;   ///< an answer that says why
constexpr int kExitUsage = 2;        ///< no such option
constexpr int kExitNoSandbox = 3;    ///< the system did not grant a limit
constexpr int kExitInputOutput = 4;  ///< standard input or output failed
constexpr int kExitMemory = 5;       ///< the memory it allowed itself did not suffice

}  // namespace rtbatch
