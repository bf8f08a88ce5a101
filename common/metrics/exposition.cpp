#include "common/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "common/metrics/cells.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

constexpr double kMicrosInASecond = 1e6;

/// The labels of a combination: the last one turns fastest.
std::vector<prometheus::ClientMetric::Label> labelsOf(const Metric& metric, std::size_t combination) {
    std::vector<prometheus::ClientMetric::Label> labels(metric.labels().size());
    for (std::size_t i = labels.size(); i-- > 0;) {
        const MetricLabel& label = metric.labels()[i];
        labels[i] = {label.name, label.values[combination % label.values.size()]};
        combination /= label.values.size();
    }
    return labels;
}

prometheus::ClientMetric::Histogram histogramOf(const std::int64_t* cells) {
    prometheus::ClientMetric::Histogram histogram;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i <= kSecondsBuckets.size(); ++i) {
        count += static_cast<std::uint64_t>(cells[i]);
        histogram.bucket.push_back({count, i < kSecondsBuckets.size()
                                               ? kSecondsBuckets[i]
                                               : std::numeric_limits<double>::infinity()});
    }
    histogram.sample_count = count;
    histogram.sample_sum = static_cast<double>(cells[kSecondsBuckets.size() + 1]) / kMicrosInASecond;
    return histogram;
}

prometheus::MetricType typeOf(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return prometheus::MetricType::Counter;
        case MetricKind::gauge:
            return prometheus::MetricType::Gauge;
        case MetricKind::histogram:
            break;
    }
    return prometheus::MetricType::Histogram;
}

}  // namespace

std::vector<prometheus::MetricFamily> collectCounted() {
    const CellValues values = readCells();
    std::vector<prometheus::MetricFamily> families;
    for (const Metric* metric : metrics().all()) {
        const auto& cells = metric->kind() == MetricKind::gauge ? values.gauges : values.shared;
        prometheus::MetricFamily family{metric->name(), metric->help(), typeOf(metric->kind()), {}};
        for (std::size_t combination = 0; combination < metric->combinations(); ++combination) {
            const std::int64_t* first = cells.data() + metric->offset() + combination * metric->width();
            prometheus::ClientMetric one;
            one.label = labelsOf(*metric, combination);
            if (metric->kind() == MetricKind::histogram) {
                one.histogram = histogramOf(first);
            } else if (metric->kind() == MetricKind::gauge) {
                one.gauge.value = static_cast<double>(*first);
            } else {
                one.counter.value = static_cast<double>(*first);
            }
            family.metric.push_back(std::move(one));
        }
        families.push_back(std::move(family));
    }
    families.push_back(gaugeFamily("rtbatch_processes", "Handlers on this host whose numbers these are.",
                                   {{{}, static_cast<double>(values.processes)}}));
    return families;
}

prometheus::MetricFamily gaugeFamily(std::string name, std::string help,
                                     const std::vector<GaugeReading>& readings) {
    prometheus::MetricFamily family{std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
    for (const GaugeReading& reading : readings) {
        prometheus::ClientMetric one;
        for (const auto& [label, value] : reading.labels) {
            one.label.push_back({label, value});
        }
        one.gauge.value = reading.value;
        family.metric.push_back(std::move(one));
    }
    return family;
}

std::string renderMetrics(const std::vector<prometheus::MetricFamily>& families) {
    return prometheus::TextSerializer().Serialize(families);
}

}  // namespace rtbatch
