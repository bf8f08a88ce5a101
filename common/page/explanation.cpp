#include "common/page/explanation.h"

#include <array>
#include <sstream>

#include "common/page/dates.h"

namespace rtbatch {

namespace {

constexpr std::array<std::string_view, 8> kFacts{"title",     "year",      "criticScore", "audienceScore",
                                                 "certified", "consensus", "released",    "page"};

std::string numberText(const std::optional<int>& value) {
    return value ? std::to_string(*value) : "unknown";
}

std::string valueText(const MovieFacts& facts, std::string_view fact) {
    if (fact == "title") {
        return facts.title;
    }
    if (fact == "year") {
        return numberText(facts.year);
    }
    if (fact == "criticScore") {
        return numberText(facts.criticScore);
    }
    if (fact == "audienceScore") {
        return numberText(facts.audienceScore);
    }
    if (fact == "certified") {
        return facts.certified ? "yes" : "no";
    }
    if (fact == "released") {
        return facts.released ? isoDate(*facts.released) : "unknown";
    }
    if (fact == "page") {
        return facts.page.value_or("unknown");
    }
    return facts.consensus.value_or("unknown");
}

}  // namespace

std::map<std::string, std::string> Explanation::from() const {
    std::map<std::string, std::string> layers;
    for (const Line& line : lines) {
        if (line.used) {
            layers.emplace(line.fact, line.layer);
        }
    }
    return layers;
}

std::string renderExplanation(const Reading& reading, const Explanation& explanation) {
    std::ostringstream out;
    const auto* facts = std::get_if<MovieFacts>(&reading);
    if (facts == nullptr) {
        out << "unreadable: " << std::get<Unreadable>(reading).reason << '\n';
    }
    for (const std::string_view fact : kFacts) {
        out << fact << ": " << (facts != nullptr ? valueText(*facts, fact) : "-") << '\n';
        for (const auto& line : explanation.lines) {
            if (line.fact == fact) {
                out << (line.used ? "  * " : "    ") << line.layer << ": " << line.said << '\n';
            }
        }
    }
    for (const auto& note : explanation.notes) {
        out << "note: " << note << '\n';
    }
    return out.str();
}

}  // namespace rtbatch
