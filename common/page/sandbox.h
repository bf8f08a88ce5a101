#pragma once

#include <stdexcept>

namespace rtbatch {

/// What the page reader allows itself.
struct SandboxLimits {
    int memoryMb = 256;  ///< address space, in all
    int stackMb =
        2;  ///< a crafted page overruns any stack, a smaller one sooner; 1 holds 8,000 nested elements
    int cpuSeconds = 2;  ///< SIGXCPU is raised then, and a second later the kernel kills the process
};

/// The system did not grant a limit; the message says which.
class SandboxError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Gives up, for good, all that reading a page does not need: stack, address space, CPU time, files,
/// processes, core dumps, new privileges, and every system call but those that read, write, allocate and
/// exit. Any other call kills the process. Call it once, before the first byte of the page is read. Throws
/// SandboxError.
///
/// Builds with sanitizers keep their address space and system calls, which the sanitizers need.
void enterSandbox(const SandboxLimits& limits);

}  // namespace rtbatch
