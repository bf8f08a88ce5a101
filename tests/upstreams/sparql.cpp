#include "tests/upstreams/sparql.h"

#include <algorithm>
#include <regex>

#include "tests/upstreams/json_writing.h"

namespace rtbatch::standin {

namespace {

constexpr auto kLoose = std::regex::ECMAScript | std::regex::icase;

std::string variableAfter(const std::string& query, const std::string& before) {
    std::smatch match;
    if (!std::regex_search(query, match, std::regex(before + R"(\s+\?(\w+))", kLoose))) {
        throw MalformedQuery("no variable after " + before);
    }
    return match[1];
}

std::vector<std::string> allMatches(const std::string& text, const std::regex& pattern) {
    std::vector<std::string> found;
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
        found.push_back((*it)[1]);
    }
    return found;
}

/// Wikidata's number of a film does not matter to anyone; it only has to be the same each time.
std::string itemOf(const std::string& imdbId) {
    return "http://www.wikidata.org/entity/Q" + imdbId.substr(2);
}

std::string node(const std::string& type, const std::string& value) {
    return "{\n          \"type\": \"" + type + "\",\n          \"value\": " + jsonString(value) +
           "\n        }";
}

/// The values of P1258; nothing when Wikidata has no item at all.
std::optional<std::vector<std::string>> valuesOf(const std::string& imdbId, const Catalogue& catalogue) {
    const auto odd = std::find_if(oddAnswers().begin(), oddAnswers().end(),
                                  [&imdbId](const OddAnswer& answer) { return answer.imdbId == imdbId; });
    if (odd != oddAnswers().end()) {
        return odd->values;
    }
    const auto film = catalogue.find(imdbId);
    if (!film || film->rtId.empty()) {
        return std::nullopt;
    }
    return std::vector{film->rtId};
}

std::string row(const IdQuery& query, const std::string& imdbId, const std::optional<std::string>& value) {
    std::string cells;
    for (const std::string& name : query.selected) {
        std::string cell;
        if (name == query.imdbVariable) {
            cell = node("literal", imdbId);
        } else if (name == query.itemVariable) {
            cell = node("uri", itemOf(imdbId));
        } else if (name == query.rtVariable && value) {
            cell = *value == kUnknownValue ? node("bnode", "t1") : node("literal", *value);
        }
        if (!cell.empty()) {
            cells += cells.empty() ? "\n        " : ",\n        ";
            cells.append(jsonString(name)).append(": ").append(cell);
        }
    }
    return "      {" + cells + "\n      }";
}

}  // namespace

IdQuery parseQuery(const std::string& query) {
    static const std::regex select(R"(SELECT\s+([^{]*?)\s*(?:WHERE\s*)?\{)", kLoose);
    static const std::regex values(R"(VALUES\s*\(?\s*\?(\w+)\s*\)?\s*\{([^}]*)\})", kLoose);
    static const std::regex subject(R"(\?(\w+)\s+wdt:P345\b)", kLoose);
    static const std::regex optional(R"(OPTIONAL\s*\{[^}]*wdt:P1258)", kLoose);
    static const std::regex variable(R"(\?(\w+))");
    static const std::regex literal(R"re("([^"]*)")re");

    std::smatch match;
    IdQuery result;
    if (!std::regex_search(query, match, values)) {
        throw MalformedQuery("no VALUES block");
    }
    const std::string ids = match[2];
    result.imdbIds = allMatches(ids, literal);
    if (variableAfter(query, "wdt:P345") != match[1]) {
        throw MalformedQuery("the VALUES are not those of wdt:P345");
    }
    result.imdbVariable = match[1];
    result.rtVariable = variableAfter(query, "wdt:P1258");
    result.rtIsOptional = std::regex_search(query, optional);
    if (std::regex_search(query, match, subject)) {
        result.itemVariable = match[1];
    }
    if (!std::regex_search(query, match, select)) {
        throw MalformedQuery("no SELECT");
    }
    const std::string wanted = match[1];
    result.selected = wanted.find('*') == std::string::npos
                          ? allMatches(wanted, variable)
                          : std::vector{result.imdbVariable, result.itemVariable, result.rtVariable};
    return result;
}

std::string answerQuery(const IdQuery& query, const Catalogue& catalogue) {
    std::string vars;
    for (const std::string& name : query.selected) {
        vars += (vars.empty() ? "\n      \"" : ",\n      \"") + name + "\"";
    }
    std::string rows;
    for (const std::string& imdbId : query.imdbIds) {
        const auto values = valuesOf(imdbId, catalogue);
        if (values && values->empty() && query.rtIsOptional) {
            rows += (rows.empty() ? "\n" : ",\n") + row(query, imdbId, std::nullopt);
        }
        for (const std::string& value : values.value_or(std::vector<std::string>{})) {
            rows += (rows.empty() ? "\n" : ",\n") + row(query, imdbId, value);
        }
    }
    return "{\n  \"head\": {\n    \"vars\": [" + vars +
           "\n    ]\n  },\n  \"results\": {\n    \"bindings\": [" + rows + (rows.empty() ? "]" : "\n    ]") +
           "\n  }\n}\n";
}

}  // namespace rtbatch::standin
