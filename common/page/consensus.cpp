// The critics' consensus: all the text of its section, less the heading and what leads elsewhere. The section
// stands once on the page, so nothing confirms what is read from it: whatever could be another text, or half
// of one, makes the consensus unknown.

#include <algorithm>
#include <array>
#include <cctype>

#include "common/model/html_entities.h"
#include "common/model/title_key.h"
#include "common/page/consensus_words.h"
#include "common/page/layers.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

using Part = Document::Part;

constexpr std::size_t kMaxConsensus = 2000;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // what stands for a broken character

/// What the text of the section becomes; `whole` is false once it cannot be told.
class Section {
public:
    Section(const Document& page, Document::Element element) : _page(page), _parts(page.partsOf(element)) {
        for (std::size_t i = 0; i < _parts.size(); ++i) {
            take(i);
        }
        endLine();
    }

    /// The consensus; nothing when it cannot be told.
    std::optional<std::string> text() {
        std::string all;
        for (const std::string& line : _lines) {
            // A line that ends no sentence goes on in the next one, or was a label.
            if (!all.empty() && (endsSentence(all) ? !endsSentence(line) : !goesOn(line))) {
                return std::nullopt;
            }
            all += (all.empty() ? "" : " ") + line;
        }
        all = decodeEntities(withoutHeading(all));
        const bool damaged = all.find(kReplacement) != std::string::npos || hasMarkup(all) ||
                             ((_joined || _lines.size() > 1) && hasLooseMark(all));
        const std::string key = titleKey(all);
        const bool half = _unfolds && (all.ends_with("…") || all.ends_with("..."));
        const bool other = half || key.find("criticsconsensus") != std::string::npos ||
                           key.find("readcriticsreviews") != std::string::npos;
        return _whole && !damaged && !other ? std::optional(all) : std::nullopt;
    }

private:
    void take(std::size_t& i) {
        const Part& part = _parts[i];
        while (!_open.empty() && part.element.index >= _open.back()) {
            _open.pop_back();
            endLine();
        }
        if (part.name.empty()) {
            add(part.text);
            return;
        }
        const bool heading = part.name == "rt-text" && attribute(part, "context") == "heading";
        switch (heading ? ElementKind::heading : kindOf(part.name)) {
            case ElementKind::inlined:
                takeInline(i);
                break;
            case ElementKind::line:
                endLine();
                _open.push_back(part.end);
                checkSeen(part);
                break;
            case ElementKind::heading:
                endLine();
                // A heading after the text begins another section, the audience's.
                _whole = _whole && (_lines.empty() || foldWhiteSpace(_page.text(part.element)).empty());
                skip(i);
                break;
            case ElementKind::control:
                _unfolds = true;
                skip(i);
                break;
            case ElementKind::link:
                takeLink(i);
                break;
            case ElementKind::unknown:
                _whole = _whole && foldWhiteSpace(_page.text(part.element)).empty();
                skip(i);
                break;
        }
    }

    void takeInline(std::size_t& i) {
        const Part& part = _parts[i];
        const std::string text = foldWhiteSpace(_page.text(part.element));
        if (isHeading(text) && titleKey(text) != "consensus" && foldWhiteSpace(_line).empty()) {
            skip(i);
            return;
        }
        // Small print, a note's number or who said it, after the last sentence.
        const bool aside =
            part.name == "small" || part.name == "sup" || part.name == "sub" || part.name == "cite";
        _whole =
            _whole && !(aside && !text.empty() && !isInvitation(text) && endsSentence(foldWhiteSpace(_line)));
        _line += part.name == "br" ? " " : "";
        checkSeen(part);
    }

    /// A link inside a sentence is part of it; one that stands alone, or after the last sentence, is not.
    void takeLink(std::size_t& i) {
        const Part& part = _parts[i];
        const std::string link = foldWhiteSpace(_page.text(part.element));
        const std::string before = foldWhiteSpace(_line);
        const bool inSentence = !before.empty() && !endsSentence(before);
        skip(i);
        const bool followed = textFollows(i);
        const bool invites = isInvitation(link);
        _unfolds = _unfolds || invites;
        if (link.empty() || (invites && !(inSentence && followed))) {
            // "... that one should <a>see</a>" is no invitation, but who can tell.
            _whole = _whole && !(inSentence && link.find(' ') == std::string::npos && !link.empty());
            return;
        }
        if (!followed && !inSentence) {
            const std::string_view last = before.empty() ? lastLine() : std::string_view(before);
            // It may be the end of the sentence, or the next one.
            _whole = _whole && (last.empty() || (endsSentence(last) && !endsSentence(link)));
            return;
        }
        if (part.name == "a") {
            _line += _page.text(part.element);
        } else {
            addApart(link);
        }
    }

    /// The parser takes a custom element for a block and drops the white space around it.
    void addApart(const std::string& text) {
        constexpr std::array<std::string_view, 5> kOpening{"(", "[", "“", "‘", "\""};
        const bool glued = std::any_of(kOpening.begin(), kOpening.end(),
                                       [this](std::string_view mark) { return _line.ends_with(mark); });
        _line += (glued ? "" : " ") + text;
        _joined = _afterCustom = true;
    }

    /// Whether more of the same line comes after the part at `i`.
    bool textFollows(std::size_t i) const {
        const std::size_t end = _open.empty() ? static_cast<std::size_t>(-1) : _open.back();
        for (++i; i < _parts.size() && _parts[i].element.index < end; ++i) {
            if (_parts[i].name.empty() ? !foldWhiteSpace(_parts[i].text).empty()
                                       : kindOf(_parts[i].name) != ElementKind::inlined) {
                return _parts[i].name.empty();
            }
        }
        return false;
    }

    /// What is hidden may be the rest of a text that unfolds, or a copy for those who listen.
    void checkSeen(const Part& part) {
        const auto lower = [&](const char* name) { return attribute(part, name).value_or(""); };
        const bool hidden = attribute(part, "hidden").has_value() || lower("aria-hidden") == "true" ||
                            lower("style").find("display:none") != std::string::npos ||
                            lower("style").find("display: none") != std::string::npos ||
                            lower("class").find("sr-only") != std::string::npos;
        // The audience's section inside the critics' is one that was not closed.
        const bool other = lower("id").find("audience") != std::string::npos ||
                           lower("class").find("audience") != std::string::npos;
        const std::string text = foldWhiteSpace(_page.text(part.element));
        _whole = _whole && !(other || (hidden && !text.empty() && !isHeading(text)));
    }

    void add(const std::string& text) {
        constexpr std::string_view kCloses = ",.;:!?)]'\"";
        if (_afterCustom && !foldWhiteSpace(text).empty()) {
            const bool mark = kCloses.find(text.front()) != std::string_view::npos || text.starts_with("’") ||
                              text.starts_with("”");
            _whole = _whole && text.front() != '-' && !text.starts_with("–") && !text.starts_with("—");
            _line += mark ? "" : " ";
            _afterCustom = false;
        }
        _line += text;
    }

    void endLine() {
        std::string line = foldWhiteSpace(_line);
        _line.clear();
        _afterCustom = false;
        if (!line.empty() && !isHeading(line) && (!isInvitation(line) || endsSentence(line))) {
            _lines.push_back(std::move(line));
        }
    }

    /// On to the last part of what is inside.
    void skip(std::size_t& i) const {
        const std::size_t end = _parts[i].end;
        while (i + 1 < _parts.size() && _parts[i + 1].element.index < end) {
            ++i;
        }
    }

    static bool goesOn(std::string_view line) {
        const auto first = static_cast<unsigned char>(line.front());
        return std::islower(first) != 0 || std::isdigit(first) != 0 || first == ',' || first == ';' ||
               first == '-' || line.starts_with("–") || line.starts_with("—");
    }

    /// "Critics Consensus: A patient drama."
    static std::string withoutHeading(const std::string& text) {
        const std::size_t space = text.find_first_of(":-");
        const std::size_t after = space == std::string::npos ? space : text.find_first_not_of(":- ", space);
        const bool heading = after != std::string::npos && isHeading(std::string_view(text).substr(0, space));
        return heading ? text.substr(after) : text;
    }

    /// The rest of a tag that was damaged.
    static bool hasMarkup(std::string_view text) {
        return text.find_first_of("<>{}") != std::string_view::npos ||
               text.find("=\"") != std::string_view::npos;
    }

    /// A space before a comma, or after an opening bracket: pieces of a sentence were put together wrongly.
    static bool hasLooseMark(std::string_view text) {
        constexpr std::array<std::string_view, 7> kLoose{" ,", " ;", " )", "( ", " ”", "“ ", " ?"};
        return std::any_of(kLoose.begin(), kLoose.end(), [text](std::string_view mark) {
            return text.find(mark) != std::string_view::npos;
        });
    }

    std::string_view lastLine() const { return _lines.empty() ? std::string_view() : _lines.back(); }

    std::optional<std::string> attribute(const Part& part, std::string_view name) const {
        return _page.attribute(part.element, name);
    }

    const Document& _page;
    std::vector<Part> _parts;
    std::vector<std::size_t> _open{};  ///< where the lines that are open end
    std::string _line{};
    std::vector<std::string> _lines{};
    bool _joined = false;       ///< white space was put where the parser had dropped some
    bool _afterCustom = false;  ///< the last piece of the line was a custom element
    bool _unfolds = false;      ///< something beside the text may lead to the rest of it
    bool _whole = true;
};

Claim<std::string> consensusOf(const Document& page, Document::Element element) {
    const auto text = Section(page, element).text();
    if (!text) {
        return Claim<std::string>::nothing("not to be told from what stands beside it");
    }
    if (characterCount(*text) > kMaxConsensus) {
        return Claim<std::string>::nothing("more than a consensus");
    }
    return text->empty() || saysThatThereIsNone(*text) ? Claim<std::string>::nothing('"' + *text + '"')
                                                       : Claim<std::string>::of(*text, *text);
}

}  // namespace

LayerClaims readConsensus(const Document& page) {
    LayerClaims claims{.layer = Layer::consensus};
    for (const auto element : page.withId("critics-consensus")) {
        auto here = consensusOf(page, element);
        if (claims.present && !here.agrees(claims.consensus)) {
            here = Claim<std::string>::nothing("several that differ");  // nobody can say which is the film's
        }
        claims.present = true;
        claims.consensus = std::move(here);
    }
    return claims;
}

}  // namespace rtbatch
