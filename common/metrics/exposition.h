#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace rtbatch {

/// The sum over this host's processes of all that they count (metrics.h), and how many services they are.
std::vector<prometheus::MetricFamily> collectCounted();

/// A gauge that is read when it is asked for.
struct GaugeReading {
    std::vector<std::pair<std::string, std::string>> labels{};
    double value;
};
prometheus::MetricFamily gaugeFamily(std::string name, std::string help,
                                     const std::vector<GaugeReading>& readings);

/// In Prometheus's text format, version 0.0.4.
std::string renderMetrics(const std::vector<prometheus::MetricFamily>& families);

}  // namespace rtbatch
