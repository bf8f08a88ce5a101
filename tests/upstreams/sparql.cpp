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

std::string nodeOf(const std::string& value) {
    return value == kUnknownValue ? node("bnode", "t1") : node("literal", value);
}

void appendCell(std::string& cells, const std::string& name, const std::string& node) {
    cells += cells.empty() ? "\n        " : ",\n        ";
    cells.append(jsonString(name)).append(": ").append(node);
}

void addRow(ResultWriter& writer, const IdQuery& query, const std::string& imdbId,
            const std::optional<std::string>& value) {
    std::string cells;
    for (const std::string& name : query.selected) {
        if (name == query.imdbVariable) {
            appendCell(cells, name, node("literal", imdbId));
        } else if (name == query.itemVariable) {
            appendCell(cells, name, node("uri", itemOf(imdbId)));
        } else if (name == query.rtVariable && value) {
            appendCell(cells, name, nodeOf(*value));
        }
    }
    writer.addWritten(cells);
}

}  // namespace

ResultWriter::ResultWriter(const std::vector<std::string>& variables) {
    for (const std::string& name : variables) {
        _variables += (_variables.empty() ? "\n      \"" : ",\n      \"") + name + "\"";
    }
}

void ResultWriter::add(const Cells& cells) {
    std::string written;
    for (const auto& [name, value] : cells) {
        if (value) {
            appendCell(written, name, nodeOf(*value));
        }
    }
    addWritten(written);
}

void ResultWriter::addWritten(const std::string& cells) {
    _rows.append(_rows.empty() ? "\n" : ",\n").append("      {").append(cells).append("\n      }");
}

std::string ResultWriter::result() const {
    return "{\n  \"head\": {\n    \"vars\": [" + _variables +
           "\n    ]\n  },\n  \"results\": {\n    \"bindings\": [" + _rows +
           (_rows.empty() ? "]" : "\n    ]") + "\n  }\n}\n";
}

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
    return film->values.empty() ? std::vector{film->rtId} : film->values;
}

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
    ResultWriter writer(query.selected);
    for (const std::string& imdbId : query.imdbIds) {
        const auto values = valuesOf(imdbId, catalogue);
        if (values && values->empty() && query.rtIsOptional) {
            addRow(writer, query, imdbId, std::nullopt);
        }
        for (const std::string& value : values.value_or(std::vector<std::string>{})) {
            addRow(writer, query, imdbId, value);
        }
    }
    return writer.result();
}

}  // namespace rtbatch::standin
