#include "common/page/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

extern "C" {
#include <sys/pidfd.h>  // of glibc 2.36 does not say itself that its functions are of C
}

namespace rtbatch {

namespace {

using Kind = ChildEnd::Kind;

/// A descriptor that is closed when it goes.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : _fd(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : _fd(std::exchange(other._fd, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            _fd = std::exchange(other._fd, -1);
        }
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const { return _fd; }
    void reset() {
        if (_fd >= 0) {
            close(std::exchange(_fd, -1));
        }
    }

private:
    int _fd;
};

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category());
}

/// The descriptor, or a copy of it that is not one of the standard three: those are moved about in the child.
Descriptor aboveStandard(Descriptor first) {
    if (first.get() > STDERR_FILENO) {
        return first;
    }
    Descriptor copy(fcntl(first.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (copy.get() < 0) {
        fail();
    }
    return copy;
}

/// A file in memory that holds `text`: the child reads at its own pace, and nobody can block on a full pipe.
Descriptor inMemory(std::string_view text) {
    Descriptor file = aboveStandard(Descriptor(memfd_create("rtbatch-page", MFD_CLOEXEC)));
    while (!text.empty()) {
        const ssize_t put = write(file.get(), text.data(), text.size());
        if (put < 0 && errno != EINTR) {
            fail();
        }
        text.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
    }
    if (lseek(file.get(), 0, SEEK_SET) != 0) {
        fail();
    }
    return file;
}

void check(int error) {
    if (error != 0) {
        throw std::system_error(error, std::generic_category());
    }
}

class FileActions {
public:
    FileActions() { check(posix_spawn_file_actions_init(&_actions)); }
    ~FileActions() { posix_spawn_file_actions_destroy(&_actions); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    posix_spawn_file_actions_t* get() { return &_actions; }

private:
    posix_spawn_file_actions_t _actions{};
};

class Attributes {
public:
    Attributes() {
        check(posix_spawnattr_init(&_attributes));
        // The threads of a server block signals and ignore SIGPIPE; a child inherits both unless told.
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&_attributes, &none);
        posix_spawnattr_setsigdefault(&_attributes, &all);
        posix_spawnattr_setpgroup(&_attributes, 0);
        posix_spawnattr_setflags(&_attributes,
                                 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~Attributes() { posix_spawnattr_destroy(&_attributes); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    const posix_spawnattr_t* get() const { return &_attributes; }

private:
    posix_spawnattr_t _attributes{};
};

/// A running child. One that is not waited for by the end of its life is killed and reaped then.
class Child {
public:
    explicit Child(pid_t pid) : _pid(pid), _handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    ~Child() {
        if (_pid > 0) {
            kill();
            reap();
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Readable once it has ended; -1 on a kernel without such handles.
    int handle() const { return _handle.get(); }

    /// It and all that it may have started. The number cannot be another's: the child is not yet reaped.
    void kill() const {
        ::kill(-_pid, SIGKILL);
        ::kill(_pid, SIGKILL);
    }

    /// Waits until it has ended, which after kill() or a readable handle is now.
    ChildEnd reap() {
        siginfo_t info{};
        int result = 0;
        do {
            result = waitid(P_PID, static_cast<id_t>(_pid), &info, WEXITED);
        } while (result != 0 && errno == EINTR);
        if (result != 0 && errno != ECHILD) {
            return reapOtherwise();  // else it would stay about as a zombie
        }
        _pid = 0;
        if (result != 0) {
            return {.kind = Kind::lost};
        }
        return {.kind = info.si_code == CLD_EXITED ? Kind::exited : Kind::signalled,
                .number = info.si_status};
    }

private:
    ChildEnd reapOtherwise() {
        int status = 0;
        pid_t reaped = 0;
        do {
            reaped = waitpid(_pid, &status, 0);
        } while (reaped < 0 && errno == EINTR);
        _pid = 0;
        if (reaped < 0) {
            return {.kind = Kind::lost};
        }
        return WIFEXITED(status) ? ChildEnd{.kind = Kind::exited, .number = WEXITSTATUS(status)}
                                 : ChildEnd{.kind = Kind::signalled, .number = WTERMSIG(status)};
    }

    pid_t _pid;
    Descriptor _handle;
};

pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& args, int input,
            int output) {
    FileActions actions;
    check(posix_spawn_file_actions_adddup2(actions.get(), input, STDIN_FILENO));
    check(posix_spawn_file_actions_adddup2(actions.get(), output, STDOUT_FILENO));
    check(posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0));
    check(posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1));
    const Attributes attributes;

    std::string name = program.string();
    std::vector<std::string> words = args;
    std::vector<char*> argv{name.data()};
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    pid_t pid = 0;
    check(posix_spawn(&pid, name.c_str(), actions.get(), attributes.get(), argv.data(), environment.data()));
    return pid;
}

enum class Drained { ended, empty, overflowed };

/// Takes what is there to read now.
Drained drain(int fd, std::size_t maxOutput, std::string& output) {
    std::array<char, 4096> block{};
    while (true) {
        const ssize_t got = read(fd, block.data(), block.size());
        if (got > 0) {
            output.append(block.data(), static_cast<std::size_t>(got));
            if (output.size() > maxOutput) {
                return Drained::overflowed;
            }
        } else if (got == 0) {
            return Drained::ended;
        } else if (errno != EINTR) {
            return errno == EAGAIN ? Drained::empty : Drained::ended;
        }
    }
}

int pollTimeout(Deadline deadline) {
    return static_cast<int>(
        std::min<std::chrono::milliseconds::rep>(deadline.left().count(), std::numeric_limits<int>::max()));
}

/// Reads until the child ends; nothing when it ended by itself, else why it must be killed.
std::optional<Kind> follow(const Child& child, int fd, std::size_t maxOutput, Deadline deadline,
                           std::string& output) {
    std::array<pollfd, 2> waits{
        {{.fd = child.handle(), .events = POLLIN, .revents = 0}, {.fd = fd, .events = POLLIN, .revents = 0}}};
    while (true) {
        const int ready = poll(waits.data(), waits.size(), pollTimeout(deadline));
        if (ready < 0 && errno != EINTR) {
            return Kind::lost;
        }
        if (ready == 0 && deadline.passed()) {
            return Kind::timedOut;
        }
        // Looked at before the output: what it wrote before its end is then surely there to be read.
        const bool ended = waits[0].revents != 0;
        if (waits[1].revents != 0 || ended) {
            const Drained drained = drain(fd, maxOutput, output);
            if (drained == Drained::overflowed) {
                return Kind::overflowed;
            }
            if (drained == Drained::ended) {
                waits[1].fd = -1;  // poll passes over it
            }
        }
        if (ended) {
            return std::nullopt;
        }
    }
}

ChildEnd start(const std::filesystem::path& program, const std::vector<std::string>& args,
               std::string_view input, std::size_t maxOutput, Deadline deadline) {
    std::array<int, 2> ends{-1, -1};
    Descriptor page = inMemory(input);
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail();
    }
    Descriptor firstReading(ends[0]);
    Descriptor firstWriting(ends[1]);
    const Descriptor reading = aboveStandard(std::move(firstReading));
    Descriptor writing = aboveStandard(std::move(firstWriting));
    // Only our end: the child's writes may block, and then it is the child that waits.
    if (fcntl(reading.get(), F_SETFL, O_NONBLOCK) != 0) {
        fail();
    }
    Child child(spawn(program, args, page.get(), writing.get()));
    page.reset();
    writing.reset();
    if (child.handle() < 0) {
        fail();
    }
    std::string output;
    const auto killed = follow(child, reading.get(), maxOutput, deadline, output);
    // Also after an end of its own: whatever it may have started goes with it.
    child.kill();
    ChildEnd end = child.reap();
    if (killed) {
        end = {.kind = *killed};
    }
    end.output = std::move(output);
    return end;
}

}  // namespace

ChildEnd runChild(const std::filesystem::path& program, const std::vector<std::string>& args,
                  std::string_view input, std::size_t maxOutput, Deadline deadline) {
    try {
        return start(program, args, input, maxOutput, deadline);
    } catch (const std::system_error& e) {
        return {.kind = Kind::notStarted, .number = e.code().value()};
    }
}

}  // namespace rtbatch
