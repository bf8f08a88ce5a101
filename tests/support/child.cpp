#include "tests/support/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string_view>

#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {
namespace {

/// The environment of the child: ours, less settings of rtbatch that a developer may have set, plus `added`.
std::vector<std::string> environmentWith(std::map<std::string, std::string> added) {
    added.try_emplace("RTBATCH_CONFIG", "/dev/null");  // not the settings of a handler that is installed here
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string name(text.substr(0, text.find('=')));
        if (!name.starts_with("RTBATCH_") && !added.contains(name)) {
            result.emplace_back(text);
        }
    }
    for (const auto& [name, value] : added) {
        result.push_back(std::string(name).append("=").append(value));
    }
    return result;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

}  // namespace

Child::Child(const ChildOptions& options) : _options(options) {
    std::vector<std::string> arguments = options.command;
    std::vector<std::string> environment = environmentWith(options.env);
    const std::vector<char*> argv = pointersTo(arguments);
    const std::vector<char*> envp = pointersTo(environment);
    const std::string log = options.log.empty() ? "/dev/null" : options.log.string();
    const pid_t parent = ::getpid();

    _pid = ::fork();
    if (_pid < 0) {
        throw std::runtime_error("cannot fork for " + options.command.front());
    }
    if (_pid == 0) {
        // Between fork and exec only what is safe beside other threads.
        ::prctl(PR_SET_PDEATHSIG, options.stopSignal);
        if (::getppid() != parent) {
            ::_exit(127);
        }
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        ::dup2(in, 0);
        ::dup2(out, 1);
        ::dup2(out, 2);
        if (options.maxFiles) {
            const rlimit limit{*options.maxFiles, *options.maxFiles};
            ::setrlimit(RLIMIT_NOFILE, &limit);
        }
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
}

Child::~Child() {
    if (running()) {
        stop(std::chrono::seconds(2));
    }
    if (running()) {
        signal(SIGKILL);
        wait(std::chrono::seconds(5));
    }
}

bool Child::running() {
    return !wait(std::chrono::milliseconds(0)).has_value();
}

void Child::signal(int number) const {
    if (!_status) {
        ::kill(_pid, number);
    }
}

std::optional<int> Child::wait(std::chrono::milliseconds limit) {
    eventually(limit, [this] {
        int status = 0;
        rusage used{};
        if (!_status && ::wait4(_pid, &status, WNOHANG, &used) == _pid) {
            _peakMemory = static_cast<std::size_t>(used.ru_maxrss) * 1024;
            _status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return _status.has_value();
    });
    return _status;
}

std::optional<int> Child::stop(std::chrono::milliseconds limit) {
    signal(_options.stopSignal);
    return wait(limit);
}

std::string Child::log() const {
    return readFile(_options.log);
}

std::string Child::waitForLine(const std::string& start, std::chrono::milliseconds limit) {
    std::string found;
    const auto look = [&] {
        const std::string text = "\n" + log();
        const std::size_t at = text.find("\n" + start);
        const std::size_t end = at == std::string::npos ? at : text.find('\n', at + 1);
        if (end != std::string::npos) {
            found = text.substr(at + 1, end - at - 1);
        }
        return !found.empty();
    };
    eventually(limit, [&] { return look() || !running(); });
    if (!look()) {
        throw std::runtime_error(_options.command.front() + " did not say '" + start + "'; its log:\n" +
                                 log());
    }
    return found;
}

std::string runProgram(const std::vector<std::string>& command, const std::map<std::string, std::string>& env,
                       std::chrono::milliseconds limit) {
    const TempDir dir;
    Child child({.command = command, .env = env, .log = dir.file("log")});
    const std::optional<int> status = child.wait(limit);
    if (status != 0) {
        throw std::runtime_error(command.front() +
                                 (status ? " exited with " + std::to_string(*status) : " hung") +
                                 "; it printed:\n" + child.log());
    }
    return child.log();
}

}  // namespace rtbatch::test
