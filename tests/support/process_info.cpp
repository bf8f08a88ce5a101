#include "tests/support/process_info.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

std::filesystem::path directoryOf(pid_t pid) {
    return std::filesystem::path("/proc") / std::to_string(pid);
}

/// The fields of /proc/PID/stat from the third on: the second is a name that may hold spaces and brackets.
std::vector<std::string> statFields(pid_t pid) {
    const std::string text = readFile(directoryOf(pid) / "stat");
    const std::size_t close = text.rfind(')');
    std::vector<std::string> fields;
    if (close != std::string::npos) {
        std::istringstream in(text.substr(close + 1));
        for (std::string field; in >> field;) {
            fields.push_back(field);
        }
    }
    return fields;
}

std::vector<pid_t> allProcesses() {
    std::vector<pid_t> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc() && end == name.data() + name.size()) {
            all.push_back(pid);
        }
    }
    return all;
}

std::vector<std::string> statFieldsOrThrow(pid_t pid) {
    std::vector<std::string> fields = statFields(pid);
    if (fields.size() < 20) {
        throw std::runtime_error("there is no process " + std::to_string(pid));
    }
    return fields;
}

}  // namespace

std::size_t openDescriptors(pid_t pid) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directoryOf(pid) / "fd")) {
        count += entry.path().empty() ? 0 : 1;
    }
    return count;
}

std::size_t residentBytes(pid_t pid) {
    std::istringstream in(readFile(directoryOf(pid) / "statm"));
    std::size_t total = 0;
    std::size_t resident = 0;
    if (!(in >> total >> resident)) {
        throw std::runtime_error("there is no process " + std::to_string(pid));
    }
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::milliseconds cpuTime(pid_t pid) {
    const std::vector<std::string> fields = statFieldsOrThrow(pid);
    const long ticks = std::stol(fields[11]) + std::stol(fields[12]);  // utime and stime
    return std::chrono::milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::vector<pid_t> childrenOf(pid_t pid) {
    std::vector<pid_t> children;
    for (const pid_t candidate : allProcesses()) {
        const std::vector<std::string> fields = statFields(candidate);
        if (fields.size() > 1 && std::stol(fields[1]) == pid) {
            children.push_back(candidate);
        }
    }
    return children;
}

std::vector<pid_t> processesOf(const std::filesystem::path& program) {
    std::vector<pid_t> running;
    for (const pid_t candidate : allProcesses()) {
        std::error_code gone;
        if (std::filesystem::read_symlink(directoryOf(candidate) / "exe", gone) == program) {
            running.push_back(candidate);
        }
    }
    return running;
}

}  // namespace rtbatch::test
