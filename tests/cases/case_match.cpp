#include "tests/cases/case_match.h"

#include <Poco/String.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace rtbatch::test {
namespace {

constexpr std::string_view kAnything = "***";
constexpr std::string_view kAnyLines = "{lines}";

/// Where one may be in the text, having followed the pattern so far.
using Places = std::set<std::size_t>;

Places afterLiteral(const Places& places, std::string_view literal, std::string_view text) {
    Places after;
    for (const std::size_t place : places) {
        if (text.substr(place).starts_with(literal)) {
            after.insert(place + literal.size());
        }
    }
    return after;
}

Places afterAnything(const Places& places, std::string_view text, bool overLines) {
    Places after;
    for (const std::size_t place : places) {
        const std::size_t end =
            overLines ? text.size() : std::min(text.find_first_of("\r\n", place), text.size());
        for (std::size_t i = place; i <= end; ++i) {
            after.insert(i);
        }
    }
    return after;
}

/// `Name: value`; a value's surrounding blanks do not count.
std::pair<std::string, std::string> headerOf(const std::string& line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
        throw CaseFault("\"" + line + "\" is no header");
    }
    return {line.substr(0, colon), Poco::trim(line.substr(colon + 1))};
}

std::optional<std::string> headerDifference(const std::vector<std::string>& expected, const Answer& answer) {
    std::map<std::string, std::vector<std::string>> wanted;
    for (const std::string& line : expected) {
        if (line.starts_with('!')) {
            if (!answer.values(line.substr(1)).empty()) {
                return "there is a header " + line.substr(1);
            }
            continue;
        }
        auto [name, value] = headerOf(line);
        wanted[name].push_back(std::move(value));
    }
    for (const auto& [name, values] : wanted) {
        const auto came = answer.values(name);
        if (!std::ranges::equal(values, came, matches)) {
            return "header " + name + " is not as expected";
        }
    }
    return std::nullopt;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
    Places places{0};
    while (!pattern.empty() && !places.empty()) {
        const bool overLines = pattern.starts_with(kAnyLines);
        if (overLines || pattern.starts_with(kAnything)) {
            places = afterAnything(places, text, overLines);
            pattern.remove_prefix(overLines ? kAnyLines.size() : kAnything.size());
            continue;
        }
        const std::size_t end = std::min({pattern.find(kAnything), pattern.find(kAnyLines), pattern.size()});
        places = afterLiteral(places, pattern.substr(0, end), text);
        pattern.remove_prefix(end);
    }
    return pattern.empty() && places.contains(text.size());
}

std::optional<Answer> answerTo(const Case& wanted, const Received& received) {
    return readAnswer(received.bytes, wanted.method() == "HEAD", received.closed);
}

std::optional<std::string> difference(const Case& wanted, const Received& received) {
    if (wanted.raw) {
        if (!received.closed) {
            return "the connection was not closed in time";
        }
        return matches(wanted.expected.onTheWire(), received.bytes)
                   ? std::nullopt
                   : std::optional<std::string>("the bytes are not as expected");
    }
    if (wanted.expected.head.empty()) {
        return received.closed && received.bytes.empty()
                   ? std::nullopt
                   : std::optional<std::string>(
                         "more than the close of the connection came, or not even that");
    }
    const auto answer = answerTo(wanted, received);
    if (!answer) {
        return "no complete HTTP answer came";
    }
    if (!matches(wanted.expected.head.front(), answer->statusLine)) {
        return "the status line is not as expected";
    }
    if (auto fault =
            headerDifference({wanted.expected.head.begin() + 1, wanted.expected.head.end()}, *answer)) {
        return fault;
    }
    return matches(wanted.expected.body, answer->body)
               ? std::nullopt
               : std::optional<std::string>("the body is not as expected");
}

}  // namespace rtbatch::test
