#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/deadline.h"

namespace rtbatch {

/// How a child process ended.
struct ChildEnd {
    enum class Kind {
        exited,      ///< by itself; `number` is its exit code
        signalled,   ///< by signal `number`
        timedOut,    ///< killed: the deadline passed
        overflowed,  ///< killed: it wrote more than it may
        notStarted,  ///< `number` is the errno of what failed
        lost,        ///< nobody knows: the program ignores SIGCHLD, or something else reaps its children
    };

    Kind kind = Kind::notStarted;
    int number = 0;
    std::string output{};  ///< what it wrote on standard output
};

/// Runs `program` with `args`, `input` as its standard input, an empty environment, default signals, a
/// process group of its own, and no descriptor but its standard three (standard error leads nowhere). Waits
/// for it, at most to `deadline`, then kills it with all of its group. In every case it is reaped before this
/// returns or throws. Safe to call from several threads at once. Throws std::bad_alloc only.
ChildEnd runChild(const std::filesystem::path& program, const std::vector<std::string>& args,
                  std::string_view input, std::size_t maxOutput, Deadline deadline);

}  // namespace rtbatch
