#include "common/model/facts.h"

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

}  // namespace rtbatch
