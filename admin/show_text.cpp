#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <array>
#include <cstdio>
#include <exception>

#include "admin/show.h"
#include "admin/text.h"

namespace rtbatch {

namespace {

/// `  name    text`, with the texts below each other.
std::string line(const std::string& name, const std::string& text) {
    constexpr std::size_t kColumn = 16;
    return "  " + name + std::string(kColumn > name.size() ? kColumn - name.size() : 1, ' ') + text + "\n";
}

/// A fact of the row for a person, `-` for null.
std::string fact(const Poco::JSON::Object& facts, const std::string& name) {
    return facts.isNull(name) || !facts.has(name) ? "-" : facts.get(name).toString();
}

std::string factsText(const std::string& text) {
    try {
        const auto facts = Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
        return line("title", fact(*facts, "title") + " (" + fact(*facts, "year") + ")") +
               line("page", fact(*facts, "rtUrl")) +
               line("critics", fact(*facts, "criticScore") + ", " + fact(*facts, "criticRating")) +
               line("audience", fact(*facts, "audienceScore") + ", " + fact(*facts, "audienceRating")) +
               line("consensus", fact(*facts, "consensus"));
    } catch (const std::exception&) {
        return line("facts", "cannot be read: " + text);
    }
}

std::string rowText(const Showing& showing) {
    const auto& row = showing.movie.row;
    if (!row) {
        return line("row", "none");
    }
    const Timestamp time = showing.time;
    return factsText(row->facts) +
           line("row", std::string(row->staleAt(time) ? "stale" : "fresh") + ": cached " +
                           timeText(row->cachedAt) + " (" + relativeText(row->cachedAt, time) +
                           "), expires " + timeText(row->expiresAt) + " (" +
                           relativeText(row->expiresAt, time) + ")") +
           line("lifetime", spanText(row->expiresAt - row->cachedAt) + ": " + showing.lifetime);
}

std::string oneDecimal(double number) {
    std::array<char, 64> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "%.1f", number));
    return text.data();
}

std::string demandText(const Demand& demand, Timestamp time) {
    std::string text = demand.requests == 0
                           ? "never asked for"
                           : grouped(demand.requests) + " requests, " +
                                 oneDecimal(fadedRequests(demand, time)) + " after fading; the first " +
                                 timeText(demand.firstAt) + ", the last " + timeText(demand.lastAt) + " (" +
                                 relativeText(demand.lastAt, time) + ")";
    if (demand.wantedPlace) {
        text += "; place " + grouped(*demand.wantedPlace + 1) +
                " on a list of what should be warm, put there " + timeText(demand.wantedAt);
    }
    return text;
}

std::string rtIdText(const std::optional<RtIdRecord>& record, Timestamp time) {
    if (!record) {
        return "not known";
    }
    return record->rtId.value_or("Wikidata knows none") + "; asked " + timeText(record->checkedAt) +
           (record->expiresAt > time ? ", believed until " : ", no longer believed since ") +
           timeText(record->expiresAt) + " (" + relativeText(record->expiresAt, time) + ")";
}

std::string failureText(const std::optional<FailureRecord>& failure, Timestamp time) {
    if (!failure) {
        return "none";
    }
    return timeText(failure->failedAt) + " (" + relativeText(failure->failedAt, time) +
           "): " + failure->message + "; " + grouped(failure->failures) + " in a row, tried again " +
           (failure->retryAt > time ? "not before " + timeText(failure->retryAt) + " (" +
                                          relativeText(failure->retryAt, time) + ")"
                                    : std::string("when it is asked for"));
}

std::string pagesText(const std::vector<PageRecord>& pages) {
    if (pages.empty()) {
        return line("pages", "none asked for");
    }
    const auto score = [](const std::optional<int>& value) { return value ? std::to_string(*value) : "-"; };
    std::string out = line("pages", "the last " + std::to_string(pages.size()) + "; critics, audience");
    for (const auto& page : pages) {
        out += "    " + timeText(page.scrapedAt) + "  " + page.outcome + "  " + score(page.criticScore) +
               ", " + score(page.audienceScore) + (page.detail.empty() ? "" : "  " + page.detail) + "\n";
    }
    return out;
}

}  // namespace

std::string showText(const Showing& showing) {
    return showing.id.string() + "\n" + rowText(showing) +
           line("demand", demandText(showing.movie.due.demand, showing.time)) +
           line("Rotten Tom. id", rtIdText(showing.movie.rtId, showing.time)) +
           line("last failure", failureText(showing.movie.failure, showing.time)) +
           line("refresher", showing.refresh.words) + pagesText(showing.movie.pages);
}

}  // namespace rtbatch
