#include "tests/cases/case_match.h"

#include <Poco/String.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

namespace rtbatch::test {
namespace {

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

/// What stands for a run of characters out of some, between so many and so many.
struct Wildcard {
    std::string_view sign;
    bool (*takes)(char);
    std::size_t fewest;
    std::size_t most;
};

constexpr std::size_t kAnyNumber = std::string_view::npos;

constexpr std::array kWildcards{
    Wildcard{"***", [](char c) { return c != '\r' && c != '\n'; }, 0, kAnyNumber},
    Wildcard{"{lines}", [](char) { return true; }, 0, kAnyNumber},
    Wildcard{"{number}", [](char c) { return c >= '0' && c <= '9'; }, 1, kAnyNumber},
    Wildcard{"{hex32}", [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }, 32, 32},
};

Places afterWildcard(const Places& places, const Wildcard& wildcard, std::string_view text) {
    Places after;
    for (const std::size_t place : places) {
        for (std::size_t run = 0;; ++run) {
            if (run >= wildcard.fewest) {
                after.insert(place + run);
            }
            if (run == wildcard.most || place + run == text.size() || !wildcard.takes(text[place + run])) {
                break;
            }
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
        std::size_t literal = pattern.size();  // up to the next wildcard
        const Wildcard* next = nullptr;
        for (const Wildcard& wildcard : kWildcards) {
            if (const std::size_t at = pattern.find(wildcard.sign); at < literal) {
                literal = at;
                next = &wildcard;
            }
        }
        places = afterLiteral(places, pattern.substr(0, literal), text);
        pattern.remove_prefix(literal);
        if (next != nullptr) {
            places = afterWildcard(places, *next, text);
            pattern.remove_prefix(next->sign.size());
        }
    }
    return places.contains(text.size());
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
