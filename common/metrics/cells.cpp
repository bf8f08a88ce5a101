#include "common/metrics/cells.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "common/process/file_descriptor.h"

namespace rtbatch {

namespace {

static_assert(MetricCell::is_always_lock_free, "cells are shared among processes");

using OwnCells = std::array<MetricCell, kMostOwnCells>;

/// The file, as it is mapped.
struct CellFile {
    std::array<MetricCell, kMostSharedCells> shared;
    std::array<OwnCells, kMostProcesses> processes;
};

/// Until cells are shared; for gauges also when there is no place left.
std::array<MetricCell, kMostSharedCells> privateShared{};
OwnCells privateOwn{};

std::array<std::atomic<MetricCell*>, 2> current{privateShared.data(), privateOwn.data()};
std::array<std::size_t, 2> reserved{};

CellFile* file = nullptr;  // set once, before there are threads
int descriptor = -1;

std::size_t indexOf(CellSort sort) {
    return static_cast<std::size_t>(sort);
}

/// A lock of the open file, which the kernel gives up when the process has gone, on the byte where a
/// process's cells start.
struct flock lockOf(std::size_t process) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(offsetof(CellFile, processes) + process * sizeof(OwnCells));
    lock.l_len = 1;
    return lock;
}

bool isAlive(std::size_t process) {
    struct flock lock = lockOf(process);
    // A lock that we hold ourselves does not show.
    return cells(CellSort::ofProcess) == file->processes[process].data() ||
           (::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK);
}

std::runtime_error failure(const std::filesystem::path& path, const std::string& what) {
    return std::runtime_error(path.string() + ": " + what);
}

/// The file, open, ours and of the right size.
FileDescriptor openFile(const std::filesystem::path& path) {
    FileDescriptor opened(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    struct stat status {};
    if (opened.get() < 0 || ::fstat(opened.get(), &status) != 0) {
        throw failure(path, std::generic_category().message(errno));
    }
    // In a directory that everybody may write to, somebody else could have been there first.
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) {
        throw failure(path, "it belongs to somebody else");
    }
    // All of it now: a tmpfs that is full would else kill us when a page is first written.
    if (const int error = ::posix_fallocate(opened.get(), 0, sizeof(CellFile)); error != 0) {
        throw failure(path, std::generic_category().message(error));
    }
    return opened;
}

/// Short and the same in every process of this build.
std::string hash(const std::string& text) {
    std::uint64_t value = 14695981039346656037U;  // FNV-1a
    for (const unsigned char c : text) {
        value = (value ^ c) * 1099511628211U;
    }
    std::array<char, 17> digits{};
    static_cast<void>(std::snprintf(digits.data(), digits.size(), "%016lx", value));
    return digits.data();
}

void takeOwnCells() {
    for (std::size_t process = 0; process < kMostProcesses; ++process) {
        struct flock lock = lockOf(process);
        if (::fcntl(descriptor, F_OFD_SETLK, &lock) == 0) {
            OwnCells& own = file->processes[process];
            for (std::size_t i = 0; i < own.size(); ++i) {
                own[i] = privateOwn[i].load();
            }
            current[indexOf(CellSort::ofProcess)] = own.data();
            return;
        }
    }
}

}  // namespace

std::size_t reserveCells(CellSort sort, std::size_t count) {
    std::size_t& next = reserved[indexOf(sort)];
    const std::size_t most = sort == CellSort::shared ? kMostSharedCells : kMostOwnCells;
    if (next + count > most) {
        throw std::length_error("more metrics than there are cells");
    }
    const std::size_t first = next;
    next += count;
    return first;
}

MetricCell* cells(CellSort sort) {
    return current[indexOf(sort)].load(std::memory_order_relaxed);
}

void shareCells(const std::filesystem::path& directory, const std::string& group, const std::string& layout,
                CellUser user) {
    const std::filesystem::path path = directory / ("rtbatch-metrics-" + std::to_string(::geteuid()) + "-" +
                                                    hash(group) + "-" + hash(layout));
    FileDescriptor opened = openFile(path);
    void* mapped = ::mmap(nullptr, sizeof(CellFile), PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
    if (mapped == MAP_FAILED) {
        throw failure(path, std::generic_category().message(errno));
    }
    // Both stay to the end of the process: threads may count until then.
    file = static_cast<CellFile*>(mapped);
    descriptor = opened.release();
    for (std::size_t i = 0; i < privateShared.size(); ++i) {
        file->shared[i] += privateShared[i].load();
    }
    current[indexOf(CellSort::shared)] = file->shared.data();
    if (user == CellUser::service) {
        takeOwnCells();
    }
}

CellValues readCells() {
    CellValues values;
    for (std::size_t i = 0; i < reserved[indexOf(CellSort::shared)]; ++i) {
        values.shared.push_back(cells(CellSort::shared)[i].load());
    }
    const std::size_t gauges = reserved[indexOf(CellSort::ofProcess)];
    values.gauges.assign(gauges, 0);
    const auto add = [&](const MetricCell* own) {
        for (std::size_t i = 0; i < gauges; ++i) {
            values.gauges[i] += own[i].load();
        }
    };
    if (file == nullptr || cells(CellSort::ofProcess) == privateOwn.data()) {
        add(privateOwn.data());
    }
    if (file != nullptr) {
        values.processes = 0;
        for (std::size_t process = 0; process < kMostProcesses; ++process) {
            if (isAlive(process)) {
                add(file->processes[process].data());
                ++values.processes;
            }
        }
    }
    return values;
}

}  // namespace rtbatch
