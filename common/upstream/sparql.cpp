#include "common/upstream/sparql.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <utility>

#include "common/upstream/request_fault.h"

namespace rtbatch {

namespace {

RequestFault unreadable(const std::string& why) {
    return {UpstreamFailure::Kind::broken, "sent a reply that cannot be read: " + why};
}

Poco::JSON::Object::Ptr parse(std::string_view json) {
    try {
        Poco::JSON::Parser parser;
        return parser.parse(std::string(json)).extract<Poco::JSON::Object::Ptr>();
    } catch (const std::exception&) {
        // Also what Poco throws for numbers beyond 64 bits, which is no JSONException.
        throw unreadable("it is not a JSON object, or cut short");
    }
}

bool names(const Poco::JSON::Array& variables, const std::string& name) {
    return std::any_of(variables.begin(), variables.end(), [&](const auto& one) {
        return one.isString() && one.template extract<std::string>() == name;
    });
}

std::string valueOf(const Poco::JSON::Object& row, const std::string& variable) {
    const auto cell = row.getObject(variable);
    const auto value = cell ? cell->get("value") : Poco::Dynamic::Var();
    if (!value.isString()) {
        throw unreadable("a row without ?" + variable);
    }
    return value.extract<std::string>();
}

bool isBetter(const RtId& candidate, const RtId& than) {
    return std::pair(!candidate.isMovie(), candidate) < std::pair(!than.isMovie(), than);
}

}  // namespace

std::string rtIdQuery(std::span<const ImdbId> ids) {
    std::string query = "SELECT ?imdb ?rt WHERE { VALUES ?imdb {";
    for (const ImdbId& id : ids) {
        query.append(" \"").append(id.text()).append("\"");
    }
    return query + " } ?item wdt:P345 ?imdb ; wdt:P1258 ?rt . }";
}

IdAnswers readRtIds(std::string_view json, std::span<const ImdbId> ids) {
    const auto root = parse(json);
    const auto head = root->getObject("head");
    const auto variables = head ? head->getArray("vars") : nullptr;
    const auto results = root->getObject("results");
    const auto bindings = results ? results->getArray("bindings") : nullptr;
    if (!variables || !names(*variables, "imdb") || !names(*variables, "rt") || !bindings) {
        throw unreadable("it is not a SPARQL result of ?imdb and ?rt");
    }
    IdAnswers answers;
    for (const ImdbId& id : ids) {
        answers.emplace(id, std::nullopt);
    }
    std::size_t ours = 0;
    for (unsigned i = 0; i < bindings->size(); ++i) {
        const auto row = bindings->getObject(i);
        if (!row) {
            throw unreadable("a row that is not an object");
        }
        const auto id = ImdbId::parse(valueOf(*row, "imdb"));
        const auto rtId = RtId::parse(valueOf(*row, "rt"));
        const auto answer = id ? answers.find(*id) : answers.end();
        if (answer == answers.end()) {
            continue;
        }
        ++ours;
        if (rtId && (!answer->second || isBetter(*rtId, *answer->second))) {
            answer->second = rtId;
        }
    }
    if (bindings->size() > 0 && ours == 0) {
        throw unreadable("it answers another question");
    }
    return answers;
}

}  // namespace rtbatch
