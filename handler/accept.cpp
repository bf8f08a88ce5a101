#include "handler/accept.h"

#include <Poco/NumberParser.h>
#include <Poco/String.h>
#include <Poco/StringTokenizer.h>

#include <string>

namespace rtbatch {

namespace {

struct Range {
    std::string type;
    double weight = 1;
};

/// `text/html;level=1;q=0.5`. Other parameters than the weight are ignored: no type here has any that
/// matters.
std::optional<Range> parseRange(const std::string& text) {
    const Poco::StringTokenizer parts(text, ";", Poco::StringTokenizer::TOK_TRIM);
    Range range{Poco::toLower(parts.count() > 0 ? parts[0] : std::string())};
    if (range.type.find('/') == std::string::npos) {
        return std::nullopt;
    }
    for (std::size_t i = 1; i < parts.count(); ++i) {
        if (Poco::toLower(parts[i]).starts_with("q=") &&
            (!Poco::NumberParser::tryParseFloat(parts[i].substr(2), range.weight) || range.weight < 0 ||
             range.weight > 1)) {
            return std::nullopt;
        }
    }
    return range;
}

/// 3 for the type itself, 2 for `text/*`, 1 for `*/*`, 0 when it does not match.
int specificity(const std::string& range, std::string_view type) {
    if (range == type) {
        return 3;
    }
    if (range == "*/*") {
        return 1;
    }
    return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

}  // namespace

std::optional<std::size_t> preferredType(std::string_view accept,
                                         const std::vector<std::string_view>& offered) {
    const Poco::StringTokenizer list(
        std::string(accept), ",", Poco::StringTokenizer::TOK_TRIM | Poco::StringTokenizer::TOK_IGNORE_EMPTY);
    if (list.count() == 0) {
        return 0;
    }
    std::vector<Range> ranges;
    for (const std::string& text : list) {
        if (auto range = parseRange(text)) {
            ranges.push_back(*std::move(range));
        }
    }
    std::optional<std::size_t> best;
    double bestWeight = 0;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        int closest = 0;
        double weight = 0;
        for (const Range& range : ranges) {
            if (const int specific = specificity(range.type, offered[i]); specific > closest) {
                closest = specific;
                weight = range.weight;
            }
        }
        if (weight > bestWeight) {
            best = i;
            bestWeight = weight;
        }
    }
    return best;
}

}  // namespace rtbatch
