#include "common/model/facts.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "common/model/json_text.h"

namespace rtbatch {

namespace {

void appendNumber(std::string& out, std::string_view name, std::optional<int> value) {
    out.append(name).append(value ? std::to_string(*value) : "null");
}

std::string_view criticRating(const MovieFacts& facts) {
    if (!facts.criticScore) {
        return "null";
    }
    if (facts.certified) {
        return R"("certified_fresh")";
    }
    return *facts.criticScore >= kFreshFrom ? R"("fresh")" : R"("rotten")";
}

std::string_view audienceRating(const MovieFacts& facts) {
    if (!facts.audienceScore) {
        return "null";
    }
    return *facts.audienceScore >= kFreshFrom ? R"("upright")" : R"("spilled")";
}

}  // namespace

std::string renderFacts(const RtId& id, const MovieFacts& facts) {
    std::string out = R"({"rtUrl":)";
    appendJsonString(out, id.url());
    out += R"(,"title":)";
    appendJsonString(out, facts.title);
    appendNumber(out, R"(,"year":)", facts.year);
    appendNumber(out, R"(,"criticScore":)", facts.criticScore);
    appendNumber(out, R"(,"audienceScore":)", facts.audienceScore);
    out.append(R"(,"criticRating":)").append(criticRating(facts));
    out.append(R"(,"audienceRating":)").append(audienceRating(facts));
    out += R"(,"consensus":)";
    if (facts.consensus) {
        appendJsonString(out, *facts.consensus);
    } else {
        out += "null";
    }
    out += '}';
    return out;
}

std::optional<MovieFacts> parseFacts(const std::string& json) {
    try {
        Poco::JSON::Parser parser;
        const auto object = parser.parse(json).extract<Poco::JSON::Object::Ptr>();
        const auto number = [&](const std::string& name) -> std::optional<int> {
            const auto value = object->get(name);
            return value.isEmpty() ? std::nullopt : std::optional(value.convert<int>());
        };
        MovieFacts facts;
        facts.title = object->getValue<std::string>("title");
        facts.year = number("year");
        facts.criticScore = number("criticScore");
        facts.audienceScore = number("audienceScore");
        facts.certified = object->optValue<std::string>("criticRating", "") == "certified_fresh";
        if (const auto consensus = object->get("consensus"); !consensus.isEmpty()) {
            facts.consensus = consensus.convert<std::string>();
        }
        return facts;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace rtbatch
