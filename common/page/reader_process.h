#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/page/page_reader.h"
#include "common/page/read_links.h"

namespace rtbatch {

/// What one page may cost.
struct ReaderLimits {
    std::chrono::milliseconds timeout{5000};  ///< wall time
    int memoryMb = 256;                       ///< address space, 32-4096
    int cpuSeconds = 2;                       ///< CPU time, 1-600; the largest real page takes 0.1 s
};

/// Reads each page in a process of its own, rtbatch-page-reader, so that a hostile page costs one reading and
/// nothing else: whatever becomes of the process, the answer is Unreadable, with how it ended; or NotTried
/// where it does not even read a page that is known. It leaves no process, descriptor or file behind. Safe to
/// use from several threads at once.
class ReaderProcess : public PageReader {
public:
    /// `program` is the path of rtbatch-page-reader; it is not looked for until the first page.
    explicit ReaderProcess(std::filesystem::path program, ReaderLimits limits = {});

    /// Blocks at most to the sooner of `deadline` and the limit, and where the process fails, as long again.
    /// Throws std::bad_alloc only.
    Reading read(std::string_view html, Deadline deadline) override;

    /// Reads a page that is known.
    std::optional<std::string> check() override;

    /// The same for a list of films; see readLinks().
    Links links(std::string_view html, Deadline deadline);

private:
    struct Answer {
        std::string line;
        bool readable;  ///< as the exit code has it
    };
    Reading readOnce(std::string_view html, Deadline deadline);
    std::variant<Answer, Unreadable, NotTried> ask(const std::vector<std::string>& options,
                                                   std::string_view html, std::size_t maxAnswer,
                                                   Deadline deadline) const;

    std::filesystem::path _program;
    ReaderLimits _limits;
};

/// Where the reader is when no other place is configured: beside the running program.
std::filesystem::path readerBesideThisProgram();

}  // namespace rtbatch
