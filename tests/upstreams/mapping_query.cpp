#include "tests/upstreams/mapping_query.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>

#include "tests/upstreams/films.h"
#include "tests/upstreams/sparql.h"

namespace rtbatch::standin {

namespace {

constexpr auto kLoose = std::regex::ECMAScript | std::regex::icase;

std::smatch search(const std::string& text, const std::regex& pattern, const std::string& what) {
    std::smatch match;
    if (!std::regex_search(text, match, pattern)) {
        throw MalformedQuery("no " + what);
    }
    return match;
}

/// Reads the literal whose opening quote is at `at`, and moves `at` after it. By hand: std::regex recurses
/// for each character, and some literals have thousands.
std::string readLiteral(const std::string& text, std::size_t& at) {
    std::string value;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] != '\\') {
            value += text[at];
            continue;
        }
        const char kind = ++at < text.size() ? text[at] : '\0';
        if (kind == 'u' && at + 4 < text.size()) {
            unsigned code = 0;
            std::from_chars(&text[at + 1], &text[at + 5], code, 16);
            value += static_cast<char>(code);  // what is beyond ASCII comes as it is
            at += 4;
        } else if (kind == '"' || kind == '\\') {
            value += kind;
        } else {
            throw MalformedQuery("an escape that is none");
        }
    }
    if (at >= text.size()) {
        throw MalformedQuery("a literal without its end");
    }
    ++at;
    return value;
}

/// `text` with its literals taken out, `"` in the place of each.
std::string takeLiterals(const std::string& text, std::vector<std::string>& literals) {
    std::string rest;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            literals.push_back(readLiteral(text, at));
            rest += '"';
        } else {
            rest += text[at++];
        }
    }
    return rest;
}

/// The films that have this value: of those with a page, and of the odd ones.
std::vector<std::string> moviesWith(const std::string& value, const Catalogue& catalogue) {
    std::vector<std::string> movies;
    if (const auto film = catalogue.findByRtId(value); film && film->rtId == value && film->values.empty()) {
        movies.push_back(film->imdbId);
    }
    for (const Film& film : catalogue.named()) {
        if (std::ranges::find(film.values, value) != film.values.end()) {
            movies.push_back(film.imdbId);
        }
    }
    for (const OddAnswer& answer : oddAnswers()) {
        if (std::ranges::find(answer.values, value) != answer.values.end()) {
            movies.push_back(answer.imdbId);
        }
    }
    return movies;
}

}  // namespace

bool looksLikeMapping(const std::string& query) {
    static const std::regex limit(R"(\bLIMIT\s+\d)", kLoose);
    return std::regex_search(query.substr(query.rfind('"') + 1), limit);
}

bool looksLikeMovies(const std::string& query) {
    static const std::regex values(R"(VALUES\s*\?(\w+))", kLoose);
    std::smatch match;
    return std::regex_search(query, match, values) &&
           std::regex_search(query, std::regex("wdt:P1258\\s+\\?" + match[1].str() + "\\b", kLoose));
}

MappingQuery parseMappingQuery(const std::string& query) {
    static const std::regex filter(
        R"re(FILTER\s*\(\s*STR\(\s*\?(\w+)\s*\)\s*(>=?)\s*"\s*&&\s*STR\(\s*\?\1\s*\)\s*<\s*"\s*\))re",
        kLoose);
    static const std::regex distinct(R"(SELECT\s+DISTINCT\s+\?(\w+))", kLoose);
    static const std::regex order(R"(ORDER\s+BY\s+STR\(\s*\?(\w+)\s*\)\s*LIMIT\s+(\d{1,9})\b)", kLoose);
    static const std::regex imdb(R"((OPTIONAL\s*\{\s*)?\?\w+\s+wdt:P345\s+\?(\w+))", kLoose);
    std::vector<std::string> literals;
    const std::string text = takeLiterals(query, literals);
    MappingQuery result;
    const auto range = search(text, filter, "FILTER over a range");
    const auto page = search(text, order, "ORDER BY with a LIMIT");
    const auto movie = search(text, imdb, "wdt:P345");
    result.rtVariable = range[1];
    if (literals.size() != 2 || page[1] != result.rtVariable ||
        search(text, distinct, "SELECT DISTINCT")[1] != result.rtVariable) {
        throw MalformedQuery("this is no page of the mapping");
    }
    result.after = literals[0];
    result.inclusive = range[2] == ">=";
    result.end = literals[1];
    result.limit = std::stoul(page[2]);
    result.imdbIsOptional = movie[1].matched;
    result.imdbVariable = movie[2];
    return result;
}

MoviesQuery parseMoviesQuery(const std::string& query) {
    static const std::regex values(R"(VALUES\s*\?(\w+)\s*\{["\s]*\})", kLoose);
    static const std::regex imdb(R"(wdt:P345\s+\?(\w+))", kLoose);
    static const std::regex property(R"(wdt:P1258\s+\?(\w+))", kLoose);
    MoviesQuery result;
    const std::string text = takeLiterals(query, result.rtIds);
    result.wantedVariable = search(text, values, "VALUES block")[1];
    result.imdbVariable = search(text, imdb, "wdt:P345")[1];
    for (std::sregex_iterator it(text.begin(), text.end(), property), end; it != end; ++it) {
        if ((*it)[1] != result.wantedVariable) {
            result.rtVariable = (*it)[1];
        }
    }
    return result;
}

std::string answerMapping(const MappingQuery& query, const Mapping& mapping) {
    ResultWriter writer({query.imdbVariable, query.rtVariable});
    for (const MappingRow& row : mapping.rows(query.after, query.inclusive, query.end, query.limit)) {
        if (row.imdbId || query.imdbIsOptional) {
            writer.add({{query.imdbVariable, row.imdbId}, {query.rtVariable, row.value}});
        }
    }
    return writer.result();
}

std::string answerMovies(const MoviesQuery& query, const Catalogue& catalogue) {
    std::vector<std::string> variables{query.wantedVariable, query.imdbVariable};
    if (!query.rtVariable.empty()) {
        variables.push_back(query.rtVariable);
    }
    ResultWriter writer(variables);
    for (const std::string& wanted : query.rtIds) {
        for (const std::string& imdbId : moviesWith(wanted, catalogue)) {
            if (query.rtVariable.empty()) {
                writer.add({{query.wantedVariable, wanted}, {query.imdbVariable, imdbId}});
                continue;
            }
            for (const std::string& value :
                 valuesOf(imdbId, catalogue).value_or(std::vector<std::string>{})) {
                writer.add({{query.wantedVariable, wanted},
                            {query.imdbVariable, imdbId},
                            {query.rtVariable, value}});
            }
        }
    }
    return writer.result();
}

}  // namespace rtbatch::standin
