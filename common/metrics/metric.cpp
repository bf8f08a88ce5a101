#include "common/metrics/metric.h"

#include <algorithm>
#include <stdexcept>

#include "common/metrics/cells.h"

namespace rtbatch {

Metric::Metric(MetricKind kind, std::string name, std::string help, std::vector<MetricLabel> labels)
    : _kind(kind),
      _name(std::move(name)),
      _help(std::move(help)),
      _labels(std::move(labels)),
      _offset(reserveCells(kind == MetricKind::gauge ? CellSort::ofProcess : CellSort::shared,
                           combinations() * width())) {}

std::size_t Metric::width() const {
    return _kind == MetricKind::histogram ? kSecondsBuckets.size() + 2 : 1;
}

std::size_t Metric::combinations() const {
    std::size_t all = 1;
    for (const MetricLabel& label : _labels) {
        all *= label.values.size();
    }
    return all;
}

MetricCell& Metric::cell(std::size_t combination, std::size_t part) const {
    const CellSort sort = _kind == MetricKind::gauge ? CellSort::ofProcess : CellSort::shared;
    return cells(sort)[_offset + combination * width() + part];
}

void Histogram::observeAt(std::size_t combination, std::chrono::steady_clock::duration time) const {
    const double seconds = std::chrono::duration<double>(time).count();
    const auto bucket = std::ranges::lower_bound(kSecondsBuckets, seconds) - kSecondsBuckets.begin();
    cell(combination, static_cast<std::size_t>(bucket)).fetch_add(1, std::memory_order_relaxed);
    cell(combination, kSecondsBuckets.size() + 1)
        .fetch_add(std::chrono::duration_cast<std::chrono::microseconds>(time).count(),
                   std::memory_order_relaxed);
}

}  // namespace rtbatch
