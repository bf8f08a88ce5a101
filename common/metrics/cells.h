#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/metrics/metric.h"

namespace rtbatch {

// Where the numbers are kept. A process counts for itself until it shares its cells: then they lie in a file
// that all processes of the host map, so that any of them can tell the sum, and what a process counted
// outlives it, also when it is killed. All counters are the same cells for everybody; each process has its
// own gauges, which are forgotten with it: it holds a lock on them for as long as it lives.

enum class CellSort {
    shared,     ///< counters and histograms
    ofProcess,  ///< gauges
};

/// Room for `count` more cells; gives the first one's number. Throws std::length_error beyond kMostCells.
std::size_t reserveCells(CellSort sort, std::size_t count);
constexpr std::size_t kMostSharedCells = 1024;
constexpr std::size_t kMostOwnCells = 64;
constexpr std::size_t kMostProcesses = 256;

MetricCell* cells(CellSort sort);

/// What a process is to the others.
enum class CellUser {
    service,  ///< it has gauges
    visitor,  ///< it counts, and its gauges are nobody's business
};

/// Shares the cells from now on, in a file of `directory` (a tmpfs is best: they are written at every turn)
/// that is named for the user, for `group`, and for `layout`, so that other versions have a file of their
/// own. To be called once, before other threads count. Throws std::runtime_error, which says why not; the
/// process goes on counting for itself.
void shareCells(const std::filesystem::path& directory, const std::string& group, const std::string& layout,
                CellUser user);

/// The numbers now: of each shared cell, and of each gauge the sum over the living processes.
struct CellValues {
    std::vector<std::int64_t> shared;
    std::vector<std::int64_t> gauges;
    int processes = 1;  ///< services that live
};
CellValues readCells();

}  // namespace rtbatch
