#include "handler/outcome.h"

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

void appendMembers(std::string& out, const MovieOutcome& movie) {
    out.append(R"("imdbId":")").append(movie.id.text());
    out.append(R"(","status":")").append(name(movie.status)).append("\",");
    // The stored object without its braces stands in the middle of this one.
    out.append(movie.facts.substr(1, movie.facts.size() - 2));
    out.append(R"(,"cachedAt":")").append(toRfc3339(movie.cachedAt)).append("\"");
}

void appendMembers(std::string& out, const ErrorOutcome& error) {
    out += R"("imdbId":)";
    appendJsonString(out, error.id);
    out.append(R"(,"error":")").append(error.error).append(R"(","message":)");
    appendJsonString(out, error.message);
    if (error.retryAfterS) {
        out.append(R"(,"retryAfterS":)").append(std::to_string(*error.retryAfterS));
    }
}

void appendMembers(std::string& out, const Counts& counts) {
    out.append(R"("total":)").append(std::to_string(counts.total));
    out.append(R"(,"cached":)").append(std::to_string(counts.cached));
    out.append(R"(,"fetched":)").append(std::to_string(counts.fetched));
    out.append(R"(,"errors":)").append(std::to_string(counts.errors));
    out.append(R"(,"stale":)").append(std::to_string(counts.stale));
}

}  // namespace rtbatch
