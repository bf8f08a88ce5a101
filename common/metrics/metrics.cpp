#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

MetricLabel upstreams() {
    return {"upstream", {"wikidata", "rt"}};
}

}  // namespace

const Metrics& metrics() {
    static const Metrics all{
        .requests{"rtbatch_requests_total",
                  "Requests that were answered.",
                  {{"endpoint", {"batch", "movie", "health", "ready", "keys", "metrics", "other"}},
                   {"code", {"2xx", "3xx", "4xx", "5xx"}}}},
        .batches{"rtbatch_batches_total",
                 "Batches whose answer has ended: with done, by the client's leaving, or torn by us.",
                 {{"result", {"completed", "left", "torn"}}}},
        .outcomes{
            "rtbatch_outcomes_total",
            "How movies of batches and single movies were answered: old rows as stale where fetching failed, "
            "as max_stale where the request asked for them.",
            {{"outcome",
              {"cached", "stale", "max_stale", "fetched", "not_found", "scrape_failed", "invalid_id",
               "timeout", "not_cached"}}}},
        .firstEvent{"rtbatch_first_event_seconds",
                    "From a batch's arrival at the handler until its first outcome is written."},
        .done{"rtbatch_done_seconds", "From a batch's arrival at the handler until done is written."},
        .openStreams{"rtbatch_open_streams", "Requests for movies that are being answered."},
        .queueLength{"rtbatch_queue_length",
                     "What waits: movies for Wikidata and for their page, those that are renewed and that "
                     "nobody waits for, "
                     "and requests and steps of streams for a worker of the handler.",
                     {{"queue", {"wikidata", "rt", "renewals", "workers"}}}},
        .upstreamRequests{"rtbatch_upstream_requests_total",
                          "Requests to the two sites, by what came of them.",
                          {upstreams(),
                           {"result",
                            {"ok", "gone", "throttled", "forbidden", "broken", "refused", "redirected",
                             "timeout", "cancelled"}}}},
        .upstreamTime{
            "rtbatch_upstream_request_seconds", "How long a request to a site was open.", {upstreams()}},
        .pages{
            "rtbatch_pages_total",
            "Pages that were asked for, by what came of them: read, lost (it lacks a fact that the row has), "
            "unreadable, other (another movie's), gone, failed (not fetched).",
            {{"outcome", {"read", "lost", "unreadable", "other", "gone", "failed"}}}},
        .pageFailures{
            "rtbatch_page_failures_total",
            "Pages on which a layer was missing or not understood, pages that the reader's process did not "
            "survive, and pages that could not be tried because this host's reader fails on all (host). Some "
            "layers are missing on good pages: a rise tells.",
            {{"layer",
              {"media-scorecard-json", "media-scorecard", "where-to-watch-json", "json-ld", "mpscall",
               "media-hero-json", "head", "title-suffix", "critics-consensus", "process", "host"}}}},
        .rowMemory{
            "rtbatch_row_memory_lookups_total",
            "Movies that were looked for among the rows in memory, and whether they were there. The others "
            "were asked of the database.",
            {{"result", {"hit", "miss"}}}},
        .storeTime{"rtbatch_store_seconds", "How long calls of the database took."},
        .storeErrors{"rtbatch_store_errors_total", "Calls of the database that failed."},
    };
    return all;
}

std::vector<const Metric*> Metrics::all() const {
    return {&requests,     &batches,     &outcomes,         &firstEvent,   &done,
            &openStreams,  &queueLength, &upstreamRequests, &upstreamTime, &pages,
            &pageFailures, &rowMemory,   &storeTime,        &storeErrors};
}

std::string Metrics::layout() const {
    std::string text;
    for (const Metric* metric : all()) {
        text += metric->name();
        for (const MetricLabel& label : metric->labels()) {
            text += ' ' + label.name;
            for (const std::string& value : label.values) {
                text += ' ' + value;
            }
        }
        text += '\n';
    }
    for (const double bound : kSecondsBuckets) {
        text += std::to_string(bound) + ' ';
    }
    return text;
}

}  // namespace rtbatch
