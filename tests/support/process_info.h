#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <vector>

namespace rtbatch::test {

/// What the kernel says of a running process. Each throws std::runtime_error when there is no such process.
std::size_t openDescriptors(pid_t pid);
std::size_t residentBytes(pid_t pid);
std::chrono::milliseconds cpuTime(pid_t pid);

/// Its children, those that ended and were not waited for included.
std::vector<pid_t> childrenOf(pid_t pid);

/// The processes that run this very file, without those that ended.
std::vector<pid_t> processesOf(const std::filesystem::path& program);

}  // namespace rtbatch::test
