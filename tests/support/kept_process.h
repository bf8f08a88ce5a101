#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace rtbatch::test {

/// A program with a thread that starts it and waits for it: the kernel sends the death signal when the
/// *thread* ends that forked, so that thread has to live as long as the program. It may be made in any
/// thread.
class KeptProcess {
public:
    /// Starts `command`, looked up in PATH; what it prints is added to `log`.
    KeptProcess(const std::vector<std::string>& command, const std::filesystem::path& log);
    /// Kills it with its process group, and waits until it is gone.
    ~KeptProcess();
    KeptProcess(const KeptProcess&) = delete;
    KeptProcess& operator=(const KeptProcess&) = delete;

    /// Never reaches another process: the keeper reaps under the same lock.
    void signal(int number);

    /// Whether each of its threads is stopped: SIGSTOP takes its time to reach them all.
    bool stopped() const;
    bool running() const;

    /// The status as of waitpid(), or nothing after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit) const;

private:
    void keep(const std::vector<std::string>& command, const std::filesystem::path& log,
              std::promise<pid_t>& started);

    std::thread _keeper;
    pid_t _pid = -1;
    std::mutex _mutex;
    bool _reaped = false;  // guarded by _mutex
    std::promise<int> _end;
    std::shared_future<int> _ended;
};

}  // namespace rtbatch::test
