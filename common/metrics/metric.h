#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch {

/// A name and the values that it can have, in the order of an enumeration.
struct MetricLabel {
    std::string name;
    std::vector<std::string> values;
};

/// How the numbers of several processes become one.
enum class MetricKind {
    counter,    ///< only grows; what all processes ever counted
    gauge,      ///< goes up and down; the sum of what the living processes say
    histogram,  ///< like a counter, of seconds
};

/// Upper bounds of the histograms' buckets, in seconds: from a hit in memory to a batch's deadline.
inline constexpr std::array kSecondsBuckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                            0.5,    1.0,   2.5,    5.0,   10.0, 20.0,  40.0, 60.0};

using MetricCell = std::atomic<std::int64_t>;

/// Something that is counted, with its labels, in cells that the processes of a host share (SharedCells).
/// Adding is one or a few atomic additions, from any thread, and never fails.
class Metric {
public:
    Metric(MetricKind kind, std::string name, std::string help, std::vector<MetricLabel> labels);
    Metric(const Metric&) = delete;
    Metric& operator=(const Metric&) = delete;

    MetricKind kind() const { return _kind; }
    const std::string& name() const { return _name; }
    const std::string& help() const { return _help; }
    const std::vector<MetricLabel>& labels() const { return _labels; }

    /// Cells of one combination of labels: one; of a histogram its buckets, the one without bound, and the
    /// sum in microseconds.
    std::size_t width() const;
    /// How many combinations of labels there are.
    std::size_t combinations() const;
    /// Of the first cell, among those of its sort (gauges have cells of their own).
    std::size_t offset() const { return _offset; }

protected:
    MetricCell& cell(std::size_t combination, std::size_t part = 0) const;

private:
    MetricKind _kind;
    std::string _name;
    std::string _help;
    std::vector<MetricLabel> _labels;
    std::size_t _offset;
};

/// Label and Label2 are enumerations without gaps, from 0.
class Counter : public Metric {
public:
    Counter(std::string name, std::string help, std::vector<MetricLabel> labels = {})
        : Metric(MetricKind::counter, std::move(name), std::move(help), std::move(labels)) {}

    void count() const { addTo(0, 1); }
    template <typename Label>
    void count(Label label, std::int64_t n = 1) const {
        addTo(static_cast<std::size_t>(label), n);
    }
    template <typename Label, typename Label2>
    void countBoth(Label label, Label2 label2) const {
        addTo(static_cast<std::size_t>(label) * labels()[1].values.size() + static_cast<std::size_t>(label2),
              1);
    }

private:
    void addTo(std::size_t combination, std::int64_t n) const {
        cell(combination).fetch_add(n, std::memory_order_relaxed);
    }
};

class Gauge : public Metric {
public:
    Gauge(std::string name, std::string help, std::vector<MetricLabel> labels = {})
        : Metric(MetricKind::gauge, std::move(name), std::move(help), std::move(labels)) {}

    void add(std::int64_t n) const { add(0, n); }
    template <typename Label>
    void add(Label label, std::int64_t n) const {
        cell(static_cast<std::size_t>(label)).fetch_add(n, std::memory_order_relaxed);
    }
    template <typename Label>
    void set(Label label, std::int64_t value) const {
        cell(static_cast<std::size_t>(label)).store(value, std::memory_order_relaxed);
    }
};

class Histogram : public Metric {
public:
    Histogram(std::string name, std::string help, std::vector<MetricLabel> labels = {})
        : Metric(MetricKind::histogram, std::move(name), std::move(help), std::move(labels)) {}

    void observe(std::chrono::steady_clock::duration time) const { observeAt(0, time); }
    template <typename Label>
    void observe(Label label, std::chrono::steady_clock::duration time) const {
        observeAt(static_cast<std::size_t>(label), time);
    }

private:
    void observeAt(std::size_t combination, std::chrono::steady_clock::duration time) const;
};

}  // namespace rtbatch
