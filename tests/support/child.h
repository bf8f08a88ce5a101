#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rtbatch::test {

/// How a program is started.
struct ChildOptions {
    std::vector<std::string> command;          ///< the program's path first
    std::map<std::string, std::string> env{};  ///< added to the test's own environment, less its RTBATCH_*
    std::filesystem::path log{};               ///< where stdout and stderr go
    std::optional<unsigned long> maxFiles{};   ///< RLIMIT_NOFILE
    int stopSignal = 15;  ///< what asks it to stop: sent by stop(), and when the test dies
};

/// A program that runs beside the test. It does not outlive the test, even one that is killed.
class Child {
public:
    /// Throws std::runtime_error when it cannot be started.
    explicit Child(const ChildOptions& options);
    /// Stops it; kills it when it does not stop within two seconds.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return _pid; }
    bool running();
    void signal(int number) const;

    /// Waits for its end. The exit status, or 128 + the signal that ended it; nothing when it still runs at
    /// `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit);

    /// Asks it to stop and waits.
    std::optional<int> stop(std::chrono::milliseconds limit);

    std::string log() const;

    /// The most memory that it had at once, in bytes, once it has ended. Never less than what this process
    /// had when it started it.
    std::size_t peakMemory() const { return _peakMemory; }

    /// Waits for a line that starts with `start` in its log, and gives it. Throws with the log when the
    /// program ends or `limit` passes first.
    std::string waitForLine(const std::string& start, std::chrono::milliseconds limit);

private:
    ChildOptions _options;
    pid_t _pid = -1;
    std::optional<int> _status;
    std::size_t _peakMemory = 0;
};

/// Runs a program to its end; throws with what it printed unless it exits 0. Gives what it printed.
std::string runProgram(const std::vector<std::string>& command, const std::map<std::string, std::string>& env,
                       std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace rtbatch::test
