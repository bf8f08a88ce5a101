#include "common/upstream/sparql.h"

#include <algorithm>
#include <utility>

#include "common/upstream/sparql_rows.h"

namespace rtbatch {

bool isPreferred(const RtId& candidate, const RtId& than) {
    return std::pair(!candidate.isMovie(), candidate) < std::pair(!than.isMovie(), than);
}

std::string rtIdQuery(std::span<const ImdbId> ids) {
    std::string query = "SELECT ?imdb ?rt WHERE { VALUES ?imdb {";
    for (const ImdbId& id : ids) {
        query.append(" \"").append(id.text()).append("\"");
    }
    return query + " } ?item wdt:P345 ?imdb ; wdt:P1258 ?rt . }";
}

namespace {

/// So much of a value that is no RtId is shown to a person.
constexpr std::size_t kMostShown = 100;

void keep(IdAnswer& answer, const std::string& value) {
    auto rtId = RtId::parse(value);
    if (!rtId) {
        if (answer.unusable.empty()) {
            answer.unusable = value.substr(0, kMostShown);
        }
        return;
    }
    auto& rtIds = answer.rtIds;
    const auto place =
        std::ranges::find_if(rtIds, [&](const RtId& other) { return !isPreferred(other, *rtId); });
    if (place == rtIds.end() || *place != *rtId) {
        rtIds.insert(place, std::move(*rtId));
        if (rtIds.size() > kMostRtIds) {
            rtIds.pop_back();
        }
    }
}

}  // namespace

IdAnswers readRtIds(std::string_view json, std::span<const ImdbId> ids) {
    const SparqlRows rows(json, {"imdb", "rt"});
    IdAnswers answers;
    for (const ImdbId& id : ids) {
        answers.emplace(id, IdAnswer{});
    }
    std::size_t ours = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto id = ImdbId::parse(rows.value(i, "imdb"));
        const std::string value = rows.value(i, "rt");
        const auto answer = id ? answers.find(*id) : answers.end();
        if (answer == answers.end()) {
            continue;
        }
        ++ours;
        if (rows.isText(i, "rt")) {  // "some value, but nobody knows which" is none
            keep(answer->second, value);
        }
    }
    if (rows.size() > 0 && ours == 0) {
        throw unreadableReply("it answers another question");
    }
    return answers;
}

}  // namespace rtbatch
