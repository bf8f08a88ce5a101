#include "handler/events.h"

#include "common/model/json_text.h"

namespace rtbatch {

namespace {

std::string_view name(MovieStatus status) {
    switch (status) {
        case MovieStatus::cached:
            return "cached";
        case MovieStatus::fetched:
            return "fetched";
        case MovieStatus::stale:
            break;
    }
    return "stale";
}

}  // namespace

std::string movieEvent(const ImdbId& id, MovieStatus status, std::string_view facts, Timestamp cachedAt) {
    std::string out;
    out.reserve(facts.size() + 128);
    out.append("event: movie\ndata: {\"imdbId\":\"").append(id.text());
    out.append(R"(","status":")").append(name(status)).append("\",");
    // The stored object without its braces stands in the middle of this one.
    out.append(facts.substr(1, facts.size() - 2));
    out.append(R"(,"cachedAt":")").append(toRfc3339(cachedAt)).append("\"}\n\n");
    return out;
}

std::string errorEvent(std::string_view id, std::string_view error, std::string_view message,
                       std::optional<long> retryAfterS) {
    std::string out = "event: error\ndata: {\"imdbId\":";
    appendJsonString(out, id);
    out.append(R"(,"error":")").append(error).append(R"(","message":)");
    appendJsonString(out, message);
    if (retryAfterS) {
        out.append(R"(,"retryAfterS":)").append(std::to_string(*retryAfterS));
    }
    out += "}\n\n";
    return out;
}

std::string doneEvent(const Counts& counts) {
    return "event: done\ndata: {\"total\":" + std::to_string(counts.total) +
           ",\"cached\":" + std::to_string(counts.cached) + ",\"fetched\":" + std::to_string(counts.fetched) +
           ",\"errors\":" + std::to_string(counts.errors) + ",\"stale\":" + std::to_string(counts.stale) +
           "}\n\n";
}

}  // namespace rtbatch
