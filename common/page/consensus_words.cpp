#include "common/page/consensus_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <string>

#include "common/model/title_key.h"

namespace rtbatch {

namespace {

template <std::size_t N>
bool isOneOf(std::string_view text, const std::array<std::string_view, N>& all) {
    return std::find(all.begin(), all.end(), text) != all.end();
}

}  // namespace

ElementKind kindOf(std::string_view name) {
    constexpr std::array<std::string_view, 20> kInline{"abbr", "b",      "bdi", "bdo",  "br", "cite", "code",
                                                       "em",   "font",   "i",   "mark", "q",  "s",    "small",
                                                       "span", "strong", "sub", "sup",  "u",  "wbr"};
    constexpr std::array<std::string_view, 12> kLines{"p",       "div",     "ul",          "ol",
                                                      "li",      "dl",      "dd",          "blockquote",
                                                      "details", "rt-text", "drawer-more", "read-more"};
    constexpr std::array<std::string_view, 10> kHeadings{"h1", "h2",     "h3",      "h4", "h5",
                                                         "h6", "header", "summary", "dt", "legend"};
    constexpr std::array<std::string_view, 12> kControls{"button", "rt-button", "input",    "img",
                                                         "svg",    "rt-img",    "rt-icon",  "rt-badge",
                                                         "script", "style",     "template", "noscript"};
    if (isOneOf(name, kInline)) {
        return ElementKind::inlined;
    }
    if (isOneOf(name, kLines)) {
        return ElementKind::line;
    }
    if (isOneOf(name, kHeadings)) {
        return ElementKind::heading;
    }
    if (isOneOf(name, kControls) || name.ends_with("-button") || name.ends_with("-icon") ||
        name.starts_with("score-icon-")) {
        return ElementKind::control;
    }
    return name == "a" || name.ends_with("-link") ? ElementKind::link : ElementKind::unknown;
}

bool isHeading(std::string_view text) {
    constexpr std::array<std::string_view, 8> kHeadings{
        "criticsconsensus", "criticconsensus",   "thecriticsconsensus",     "consensus",
        "theconsensus",     "criticalconsensus", "rottentomatoesconsensus", "tomatometerconsensus"};
    return isOneOf(titleKey(text), kHeadings);
}

bool isInvitation(std::string_view text) {
    constexpr std::array<std::string_view, 12> kStarts{"read", "see",  "view", "show",   "more",  "all",
                                                       "full", "less", "hide", "expand", "close", "go to"};
    std::string lower;
    std::transform(text.begin(), text.end(), std::back_inserter(lower),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool word = std::any_of(kStarts.begin(), kStarts.end(), [&lower](std::string_view start) {
        return lower == start || lower.starts_with(std::string(start) + ' ');
    });
    const bool review = lower.find("review") != std::string::npos;
    return lower.size() <= 40 && (word || lower == "reviews" || (review && lower.ends_with("reviews")));
}

bool saysThatThereIsNone(std::string_view text) {
    constexpr std::array<std::string_view, 9> kNone{"noconsensusyet",
                                                    "noconsensus",
                                                    "thereisnoconsensusyet",
                                                    "nocriticsconsensusyet",
                                                    "nocriticsconsensus",
                                                    "na",
                                                    "tbd",
                                                    "none",
                                                    "criticsconsensusnotyetavailable"};
    return isOneOf(titleKey(text), kNone) || text.find_first_not_of("-.… ") == std::string_view::npos;
}

bool endsSentence(std::string_view text) {
    constexpr std::array<std::string_view, 6> kClosing{"\"", "'", ")", "]", "”", "’"};
    for (bool cut = true; cut;) {
        cut = false;
        for (const auto mark : kClosing) {
            if (text.ends_with(mark)) {
                text.remove_suffix(mark.size());
                cut = true;
            }
        }
    }
    return text.ends_with('.') || text.ends_with('!') || text.ends_with('?') || text.ends_with("…");
}

}  // namespace rtbatch
