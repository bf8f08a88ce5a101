#pragma once

#include "common/metrics/metric.h"

namespace rtbatch {

// The values of the labels, in the order of the names in metrics.cpp.
enum class BatchEnd { completed, left, torn };
enum class EndpointName { batch, movie, health, ready, keys, metrics, other };
enum class CodeClass { c2xx, c3xx, c4xx, c5xx };
enum class OutcomeName {
    cached,
    stale,
    maxStale,
    fetched,
    notFound,
    scrapeFailed,
    invalidId,
    timeout,
    notCached
};
enum class QueueName { wikidata, rt, renewals, workers };
enum class UpstreamResult { ok, gone, throttled, forbidden, broken, refused, redirected, timeout, cancelled };
enum class MemoryResult { hit, miss };
enum class PageOutcome { read, lost, unreadable, other, gone, failed };

/// All that processes count. The names follow the conventions of Prometheus.
struct Metrics {
    Counter requests;
    Counter batches;
    Counter outcomes;
    Histogram firstEvent;
    Histogram done;
    Gauge openStreams;
    Gauge queueLength;
    Counter upstreamRequests;  ///< by Upstream and UpstreamResult
    Histogram upstreamTime;    ///< by Upstream
    Counter pages;
    Counter pageFailures;  ///< by Layer; then the reader's process, and the host
    Counter rowMemory;     ///< by MemoryResult
    Histogram storeTime;
    Counter storeErrors;

    /// In the order in which they are shown.
    std::vector<const Metric*> all() const;

    /// Names, labels and buckets as one text: cells are the same things where this is the same.
    std::string layout() const;
};

/// The process's own.
const Metrics& metrics();

}  // namespace rtbatch
