#include "common/upstream/sparql.h"

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

IdAnswers readRtIds(std::string_view json, std::span<const ImdbId> ids) {
    const SparqlRows rows(json, {"imdb", "rt"});
    IdAnswers answers;
    for (const ImdbId& id : ids) {
        answers.emplace(id, std::nullopt);
    }
    std::size_t ours = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto id = ImdbId::parse(rows.value(i, "imdb"));
        const auto rtId = RtId::parse(rows.value(i, "rt"));
        const auto answer = id ? answers.find(*id) : answers.end();
        if (answer == answers.end()) {
            continue;
        }
        ++ours;
        if (rtId && (!answer->second || isPreferred(*rtId, *answer->second))) {
            answer->second = rtId;
        }
    }
    if (rows.size() > 0 && ours == 0) {
        throw unreadableReply("it answers another question");
    }
    return answers;
}

}  // namespace rtbatch
