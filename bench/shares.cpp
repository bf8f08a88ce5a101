#include "bench/shares.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/process_info.h"

namespace rtbatch::bench {

std::vector<pid_t> family(pid_t parent) {
    std::vector<pid_t> all = test::childrenOf(parent);
    all.push_back(parent);
    return all;
}

pid_t mariadbOf(test::Stack& stack) {
    std::string path = stack.mariadb().sql("SELECT @@pid_file");
    path.erase(path.find_last_not_of(" \n") + 1);
    pid_t pid = 0;
    if (!(std::ifstream(path) >> pid)) {
        throw std::runtime_error("no process id in " + path);
    }
    return pid;
}

CpuMeter::CpuMeter(std::vector<pid_t> processes)
    : _processes(std::move(processes)), _before(total()), _started(std::chrono::steady_clock::now()) {}

std::chrono::milliseconds CpuMeter::total() const {
    std::chrono::milliseconds sum{0};
    for (const pid_t pid : _processes) {
        sum += test::cpuTime(pid);
    }
    return sum;
}

std::chrono::milliseconds CpuMeter::used() const {
    return total() - _before;
}

double CpuMeter::microsecondsEach(std::size_t batches) const {
    return std::chrono::duration<double, std::micro>(used()).count() / static_cast<double>(batches);
}

double CpuMeter::percent() const {
    const std::chrono::duration<double> span = std::chrono::steady_clock::now() - _started;
    return 100.0 * std::chrono::duration<double>(used()).count() / span.count();
}

}  // namespace rtbatch::bench
