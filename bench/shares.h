#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/stack.h"

namespace rtbatch::bench {

/// A process with all its children.
std::vector<pid_t> family(pid_t parent);

/// The process of the stack's MariaDB.
pid_t mariadbOf(test::Stack& stack);

/// The CPU that some processes used since construction.
class CpuMeter {
public:
    explicit CpuMeter(std::vector<pid_t> processes);

    /// For each of so many batches, up to now. Says more than a rate when the machine is busy.
    double microsecondsEach(std::size_t batches) const;
    /// In percent of one core, up to now.
    double percent() const;
    std::chrono::milliseconds used() const;

private:
    std::chrono::milliseconds total() const;

    std::vector<pid_t> _processes;
    std::chrono::milliseconds _before;
    std::chrono::steady_clock::time_point _started;
};

}  // namespace rtbatch::bench
