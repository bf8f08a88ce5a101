#include "common/page/sandbox.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace rtbatch {

namespace {

constexpr rlim_t kMegabyte = rlim_t{1024} * 1024;

/// A page takes many times as long under a sanitizer.
#ifdef RTBATCH_SANITIZED
constexpr rlim_t kSlowness = 10;
#else
constexpr rlim_t kSlowness = 1;
#endif

[[noreturn]] void fail(const std::string& what, int error) {
    throw SandboxError(what + ": " + std::generic_category().message(error));
}

/// `reserve` is how far the hard limit lies above the soft one, which raises a signal first.
void limit(__rlimit_resource resource, rlim_t value, const std::string& what, rlim_t reserve = 0) {
    struct rlimit now {};
    if (getrlimit(resource, &now) != 0) {
        fail(what, errno);
    }
    // A limit that is already lower stays: raising it would need a privilege.
    const rlim_t hard = now.rlim_max < value + reserve ? now.rlim_max : value + reserve;
    const struct rlimit wanted { hard < value ? hard : value, hard };
    if (setrlimit(resource, &wanted) != 0) {
        fail(what, errno);
    }
}

/// How large a file may become through us: not at all, unless a person has the answer written to one.
rlim_t fileSize() {
    struct stat output {};
    if (fstat(STDOUT_FILENO, &output) != 0 || !S_ISREG(output.st_mode)) {
        return 0;
    }
    return static_cast<rlim_t>(output.st_size) + kMegabyte;
}

#ifndef RTBATCH_SANITIZED

struct FilterDeleter {
    void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

void allow(const Filter& filter, int call) {
    const int error = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 0, nullptr);
    if (error != 0) {
        fail("system call filter", -error);
    }
}

/// Memory may be had, but never memory to run code from.
void allowMemory(const Filter& filter, int call) {
    scmp_arg_cmp notExecutable{};
    notExecutable.arg = 2;
    notExecutable.op = SCMP_CMP_MASKED_EQ;
    notExecutable.datum_a = PROT_EXEC;
    notExecutable.datum_b = 0;
    const int error = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &notExecutable);
    if (error != 0) {
        fail("system call filter", -error);
    }
}

void filterCalls() {
    constexpr std::array kAllowed{SCMP_SYS(read),         SCMP_SYS(write),        SCMP_SYS(fstat),
                                  SCMP_SYS(newfstatat),   SCMP_SYS(lseek),        SCMP_SYS(brk),
                                  SCMP_SYS(munmap),       SCMP_SYS(mremap),       SCMP_SYS(madvise),
                                  SCMP_SYS(futex),        SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),
                                  SCMP_SYS(exit),         SCMP_SYS(exit_group),   SCMP_SYS(getpid),
                                  SCMP_SYS(gettid),       SCMP_SYS(tgkill),       SCMP_SYS(rt_sigprocmask),
                                  SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall)};
    const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
    if (!filter) {
        fail("system call filter", EINVAL);
    }
    for (const int call : kAllowed) {
        allow(filter, call);
    }
    allowMemory(filter, SCMP_SYS(mmap));
    allowMemory(filter, SCMP_SYS(mprotect));
    if (const int error = seccomp_load(filter.get()); error != 0) {
        fail("system call filter", -error);
    }
}

#endif

}  // namespace

void enterSandbox(const SandboxLimits& limits) {
    limit(RLIMIT_CORE, 0, "core dumps");
    limit(RLIMIT_FSIZE, fileSize(), "file size");
    limit(RLIMIT_NPROC, 0, "processes");
    limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpuSeconds) * kSlowness, "CPU time", 1);
    limit(RLIMIT_STACK, static_cast<rlim_t>(limits.stackMb) * kMegabyte, "stack");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        fail("core dumps", errno);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        fail("new privileges", errno);
    }
#ifndef RTBATCH_SANITIZED
    limit(RLIMIT_NOFILE, 0, "open files");
    limit(RLIMIT_AS, static_cast<rlim_t>(limits.memoryMb) * kMegabyte, "memory");
    filterCalls();
#endif
}

}  // namespace rtbatch
