#include "common/page/reading_json.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/model/json_text.h"
#include "common/page/dates.h"
#include "common/page/json_block.h"
#include "common/page/page_address.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxReason = 500;
constexpr std::size_t kMaxTitle = 300;
constexpr std::size_t kMaxConsensus = 2000;
constexpr int kMaxScore = 100;

using Poco::JSON::Object;

void appendNumber(std::string& out, std::string_view name, const std::optional<int>& value) {
    out.append(",\"").append(name).append("\":").append(value ? std::to_string(*value) : "null");
}

void appendFacts(std::string& out, const MovieFacts& facts) {
    out += R"("title":)";
    appendJsonString(out, facts.title);
    appendNumber(out, "year", facts.year);
    appendNumber(out, "criticScore", facts.criticScore);
    appendNumber(out, "audienceScore", facts.audienceScore);
    out.append(R"(,"certified":)").append(facts.certified ? "true" : "false");
    out += R"(,"consensus":)";
    if (facts.consensus) {
        appendJsonString(out, *facts.consensus);
    } else {
        out += "null";
    }
    out += R"(,"released":)";
    out += facts.released ? '"' + isoDate(*facts.released) + '"' : "null";
    out += R"(,"page":)";
    if (facts.page) {
        appendJsonString(out, *facts.page);
    } else {
        out += "null";
    }
}

/// A line of text of at most `most` characters; nothing when it is not one.
std::optional<std::string> lineOf(const Object& object, const std::string& name, std::size_t most) {
    auto line = jsonLine(object, name);
    return line && characterCount(*line) <= most ? line : std::nullopt;
}

/// The number, or the null, that stands there; false when it is neither or out of its range.
bool readNumber(const Object& object, const std::string& name, int least, int most, std::optional<int>& out) {
    const JsonMember member = jsonMember(object, name);
    if (member.kind == JsonMember::Kind::null) {
        return true;
    }
    if (member.kind != JsonMember::Kind::number || member.number < least || member.number > most) {
        return false;
    }
    out = static_cast<int>(member.number);
    return true;
}

std::optional<MovieFacts> readFacts(const Object& object) {
    MovieFacts facts;
    const auto title = lineOf(object, "title", kMaxTitle);
    const JsonMember certified = jsonMember(object, "certified");
    const JsonMember consensus = jsonMember(object, "consensus");
    const JsonMember released = jsonMember(object, "released");
    const JsonMember page = jsonMember(object, "page");
    if (!title || certified.kind != JsonMember::Kind::boolean ||
        !readNumber(object, "year", kFirstFilmYear, kLastFilmYear, facts.year) ||
        !readNumber(object, "criticScore", 0, kMaxScore, facts.criticScore) ||
        !readNumber(object, "audienceScore", 0, kMaxScore, facts.audienceScore)) {
        return std::nullopt;
    }
    facts.title = *title;
    facts.certified = certified.boolean;
    if (consensus.kind != JsonMember::Kind::null) {
        facts.consensus = lineOf(object, "consensus", kMaxConsensus);
        if (!facts.consensus) {
            return std::nullopt;
        }
    }
    if (released.kind != JsonMember::Kind::null) {
        facts.released = parseIsoDate(released.text);
        if (!facts.released) {
            return std::nullopt;
        }
    }
    if (page.kind != JsonMember::Kind::null) {
        if (!isFilmPath(page.text)) {
            return std::nullopt;
        }
        facts.page = page.text;
    }
    return facts;
}

}  // namespace

std::string renderReading(const Reading& reading, const Explanation& explanation) {
    std::string out = "{";
    if (const auto* facts = std::get_if<MovieFacts>(&reading)) {
        appendFacts(out, *facts);
        out += R"(,"from":{)";
        const char* comma = "";
        for (const auto& [fact, layer] : explanation.from()) {
            out.append(comma);
            appendJsonString(out, fact);
            out += ':';
            appendJsonString(out, layer);
            comma = ",";
        }
        out += '}';
    } else {
        out += R"("unreadable":)";
        appendJsonString(out, std::get<Unreadable>(reading).reason);
    }
    if (!explanation.without.empty()) {
        out += R"(,"without":[)";
        for (const std::string& layer : explanation.without) {
            out.append(out.back() == '[' ? "" : ",");
            appendJsonString(out, layer);
        }
        out += ']';
    }
    out += "}\n";
    return out;
}

Reading parseReading(std::string_view line) {
    const auto objects = parseJsonObjects(line);
    if (!objects || objects->size() != 1) {
        return Unreadable{"the page reader's answer is not JSON"};
    }
    const Object& object = *objects->front();
    if (object.has("unreadable")) {
        const auto reason = lineOf(object, "unreadable", kMaxReason);
        return Unreadable{reason.value_or("the page reader did not say why")};
    }
    if (auto facts = readFacts(object)) {
        return *std::move(facts);
    }
    return Unreadable{"the page reader's answer has something that is no fact"};
}

std::vector<Layer> layersWithout(std::string_view line) {
    const auto objects = parseJsonObjects(line);
    const auto names =
        objects && objects->size() == 1 ? objects->front()->getArray("without") : Poco::JSON::Array::Ptr();
    std::vector<Layer> layers;
    for (int i = 0; !names.isNull() && i <= static_cast<int>(Layer::consensus); ++i) {
        const auto layer = static_cast<Layer>(i);
        const auto isNamed = [&](const Poco::Dynamic::Var& name) {
            return name.isString() && name.extract<std::string>() == layerName(layer);
        };
        if (std::any_of(names->begin(), names->end(), isNamed)) {
            layers.push_back(layer);
        }
    }
    return layers;
}

}  // namespace rtbatch
