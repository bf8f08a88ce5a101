#include "tests/support/kept_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>

namespace rtbatch::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// Becomes `command`, its output in `log`; for the child after fork(), so it allocates nothing.
[[noreturn]] void become(const std::vector<char*>& command, int log, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);  // the parent died before the line above
    }
    setpgid(0, 0);  // what it starts goes with it
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    closefrom(3);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execvp(command[0], command.data());
    _exit(127);
}

}  // namespace

KeptProcess::KeptProcess(const std::vector<std::string>& command, const fs::path& log) {
    std::promise<pid_t> started;
    auto pid = started.get_future();
    _ended = _end.get_future();
    _keeper = std::thread([this, command, log, &started] { keep(command, log, started); });
    _pid = pid.get();
}

KeptProcess::~KeptProcess() {
    {
        const std::lock_guard lock(_mutex);
        if (!_reaped) {
            kill(-_pid, SIGKILL);
            kill(_pid, SIGKILL);  // when it has not yet a group of its own
        }
    }
    _keeper.join();
}

void KeptProcess::signal(int number) {
    const std::lock_guard lock(_mutex);
    if (!_reaped) {
        kill(_pid, number);
    }
}

bool KeptProcess::stopped() const {
    const fs::directory_iterator threads("/proc/" + std::to_string(_pid) + "/task");
    return std::all_of(fs::begin(threads), fs::end(threads), [](const fs::directory_entry& thread) {
        std::string stat;
        std::getline(std::ifstream(thread.path() / "stat"), stat);
        const auto name = stat.rfind(") ");
        return name != std::string::npos && stat[name + 2] == 'T';
    });
}

bool KeptProcess::running() const {
    return _ended.wait_for(0s) != std::future_status::ready;
}

std::optional<int> KeptProcess::wait(std::chrono::milliseconds limit) const {
    if (_ended.wait_for(limit) != std::future_status::ready) {
        return std::nullopt;
    }
    return _ended.get();
}

void KeptProcess::keep(const std::vector<std::string>& command, const fs::path& log,
                       std::promise<pid_t>& started) {
    std::vector<char*> argv;
    argv.reserve(command.size() + 1);
    for (const auto& word : command) {
        argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        become(argv, out, parent);
    }
    close(out);
    started.set_value(pid);
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    int status = 0;
    {
        const std::lock_guard lock(_mutex);
        waitpid(pid, &status, 0);  // at once: it has ended
        _reaped = true;
    }
    _end.set_value(status);
}

}  // namespace rtbatch::test
