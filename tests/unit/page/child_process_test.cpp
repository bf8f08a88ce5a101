#include "common/page/child_process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

std::atomic<int> waitidFails = 0;  // so many times

}  // namespace

/// In the place of the C library's.
extern "C" int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
    if (waitidFails.fetch_sub(1) > 0) {
        errno = ENOMEM;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_waitid, type, id, info, options, nullptr));
}

TEST_CASE("a child is reaped, and its end known, though waiting for it failed") {
    waitidFails = GENERATE(0, 1);
    const ChildEnd end = runChild("/bin/sh", {"-c", "echo out; exit 7"}, "", 100, Deadline::in(20s));
    CHECK(end.kind == ChildEnd::Kind::exited);
    CHECK(end.number == 7);
    CHECK(end.output == "out\n");
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // there is no child any more
    CHECK(errno == ECHILD);
}
