#include "common/page/read_page.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "common/page/document.h"
#include "common/page/layers.h"
#include "common/page/page_address.h"
#include "common/page/text.h"
#include "common/page/title_and_year.h"

namespace rtbatch {

namespace {

/// How much may follow the closing tag: comments, a counter's snippet.
constexpr std::size_t kMaxAfterEnd = 4096;

/// The page is not to be believed; what() becomes the reason. Stays inside this file.
class NotReadable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The markup alone: in comments and scripts the names of elements are only text.
std::string withoutCommentsAndScripts(std::string_view html) {
    std::string out;
    while (!html.empty()) {
        const std::size_t comment = html.find("<!--");
        const std::size_t script = html.find("<script");
        const std::size_t start = std::min(comment, script);
        out += html.substr(0, start);
        const std::size_t end =
            start == std::string_view::npos ? start : html.find(start == comment ? "-->" : "</script", start);
        html.remove_prefix(std::min(end, html.size()));
    }
    return out;
}

std::size_t count(std::string_view html, std::string_view tag) {
    std::size_t found = 0;
    for (std::size_t at = html.find(tag); at != std::string_view::npos; at = html.find(tag, at + 1)) {
        const std::string_view after = html.substr(at + tag.size(), 1);
        found += after.find_first_of(" \t\r\n/>") == 0 ? 1 : 0;
    }
    return found;
}

/// tidy closes what is open; a scorecard that does not close itself has lost something.
bool areScorecardsWhole(std::string_view html) {
    const std::string text = withoutCommentsAndScripts(html);
    return count(text, "<media-scorecard") <= count(text, "</media-scorecard");
}

/// The layers of one page, weighed against each other.
class Assembly {
public:
    Assembly(const Document& page, Explanation* explanation)
        : _explanation(explanation),
          _card(readScorecardJson(page)),
          _watch(readWhereToWatch(page)),
          _ld(readJsonLd(page)),
          _element(filmsScorecard(readScorecardElements(page), _card, _ld)),
          _mps(readMpscall(page)),
          _hero(readMediaHero(page)),
          _head(readHead(page)),
          _consensus(readConsensus(page)) {}

    MovieFacts facts() {
        noteBroken();
        const auto named = titleAndYear({&_watch, &_ld, &_head, &_hero, &_mps});
        explainTitleAndYear(named);
        explain("criticScore", &LayerClaims::criticScore, {&_card, &_element, &_ld});
        explain("audienceScore", &LayerClaims::audienceScore, {&_card, &_element});
        explain("certified", &LayerClaims::certified, {&_card, &_element});
        explain("consensus", &LayerClaims::consensus, {&_consensus});
        explain("released", &LayerClaims::released, {&_mps});
        explain("page", &LayerClaims::page, {&_head, &_ld});

        checkKind();
        if (named.unreadable) {
            throw NotReadable(*named.unreadable);
        }
        MovieFacts facts;
        facts.title = named.title;
        facts.year = named.year;
        facts.criticScore = agreed("critics' score", &LayerClaims::criticScore, {&_card, &_element, &_ld});
        facts.audienceScore = audience();
        facts.certified = certified(facts.criticScore);
        if (_consensus.consensus.hasValue()) {
            facts.consensus = _consensus.consensus.value;
        }
        if (_mps.released.hasValue() && !_mps.broken) {
            facts.released = _mps.released.value;
        }
        if (const auto page = samePage(_head.page, _ld.page); page.hasValue()) {
            facts.page = page.value;
        }
        return facts;
    }

private:
    using Layers = std::initializer_list<const LayerClaims*>;

    void checkKind() const {
        if (!_card.present && !_element.present) {
            throw NotReadable("no scorecard: not a film's page of the design that is known");
        }
        for (const LayerClaims* layer : Layers{&_card, &_element, &_watch, &_head}) {
            if (layer->broken) {
                throw NotReadable(std::string(layerName(layer->layer)) + ": " + *layer->broken);
            }
        }
        // JSON-LD is not needed for any fact, but two films in it are two films on the page.
        if (_ld.filmPage && _ld.broken) {
            throw NotReadable("json-ld: " + *_ld.broken);
        }
        if (!_ld.filmPage && !_mps.filmPage && !_head.filmPage) {
            throw NotReadable("it does not say that it is a film's or a series' page");
        }
        checkAddress();
        checkPlaces();
    }

    /// A scorecard has a place for both scores. That one is empty must be said by the JSON: the element alone
    /// may be a skeleton.
    void checkPlaces() const {
        if (_card.criticScore.silent() && !_element.criticScore.hasValue()) {
            throw NotReadable("the scorecard has no critics' score, and no JSON says that there is none");
        }
        if (_card.audienceScore.silent() && !_element.audienceScore.hasValue() &&
            (!hidesAudience() || _element.audienceScore.silent())) {
            throw NotReadable("the scorecard has no audience's score, and no JSON says that there is none");
        }
    }

    /// All that speak of the page's address say the same on every page that was seen, so none needs to
    /// outrank the others.
    void checkAddress() const {
        for (const LayerClaims* layer : Layers{&_head, &_ld}) {
            if (layer->page.kind == Claim<std::string>::Kind::unusable) {
                throw NotReadable("it is the page of another thing, or of two: " +
                                  layer->page.said.substr(0, 200));
            }
        }
        const auto both = samePage(_head.page, _ld.page);
        if (both.kind == Claim<std::string>::Kind::unusable) {
            throw NotReadable("it says two addresses: " + both.said.substr(0, 400));
        }
    }

    /// What the layers that speak of a score agree on: a number, or that there is none.
    template <typename T>
    static std::optional<T> agreed(std::string_view fact, Claim<T> LayerClaims::*member, Layers layers) {
        const LayerClaims* first = nullptr;
        for (const LayerClaims* layer : layers) {
            const Claim<T>& claim = layer->*member;
            if (claim.kind == Claim<T>::Kind::unusable) {
                throw NotReadable(std::string(fact) +
                                  " is not understood: " + std::string(layerName(layer->layer)) + " says " +
                                  claim.said.substr(0, 100));
            }
            if (claim.silent()) {
                continue;
            }
            if (first == nullptr) {
                first = layer;
            } else if (!claim.agrees(first->*member)) {
                throw NotReadable(
                    "the layers contradict each other on the " + std::string(fact) + ": " +
                    std::string(layerName(first->layer)) + " says " + (first->*member).said.substr(0, 100) +
                    ", " + std::string(layerName(layer->layer)) + " says " + claim.said.substr(0, 100));
            }
        }
        return first != nullptr && (first->*member).hasValue() ? std::optional((first->*member).value)
                                                               : std::nullopt;
    }

    /// The JSON comes first; an element that hides what the JSON shows may be a damaged one.
    bool hidesAudience() const {
        const bool element = _element.hidesAudience.value_or(false);
        if (element && _card.hidesAudience == false) {
            throw NotReadable("the layers contradict each other on hiding the audience's score");
        }
        return element || _card.hidesAudience.value_or(false);
    }

    std::optional<int> audience() const {
        if (hidesAudience()) {
            return std::nullopt;  // a number may be there, but the site does not stand by it
        }
        return agreed("audience's score", &LayerClaims::audienceScore, {&_card, &_element});
    }

    /// It does not follow from the score: certified at 70, not certified at 100. Below `fresh` it cannot be.
    bool certified(std::optional<int> criticScore) const {
        if (!criticScore) {
            return false;
        }
        const auto said = agreed("certified", &LayerClaims::certified, {&_card, &_element});
        if (!said && *criticScore >= kFreshFrom) {
            throw NotReadable("no layer says whether the film is certified fresh");
        }
        if (said.value_or(false) && *criticScore < kFreshFrom) {
            throw NotReadable("certified fresh with a rotten score");
        }
        return said.value_or(false);
    }

    template <typename T>
    void explain(const std::string& fact, Claim<T> LayerClaims::*member, Layers layers) {
        if (_explanation == nullptr) {
            return;
        }
        bool used = false;
        for (const LayerClaims* layer : layers) {
            const Claim<T>& claim = layer->*member;
            if (!claim.silent()) {
                _explanation->lines.push_back({fact, std::string(layerName(layer->layer)), claim.said,
                                               !used && claim.kind != Claim<T>::Kind::unusable});
                used = true;
            }
        }
    }

    void explainTitleAndYear(const TitleAndYear& named) {
        if (_explanation != nullptr) {
            _explanation->lines = named.lines;
        }
    }

    void noteBroken() {
        if (_explanation == nullptr) {
            return;
        }
        for (const LayerClaims* layer :
             Layers{&_card, &_element, &_watch, &_ld, &_mps, &_hero, &_head, &_consensus}) {
            const std::string name(layerName(layer->layer));
            if (layer->broken || !layer->present) {
                _explanation->without.push_back(name);
            }
            if (layer->broken) {
                _explanation->notes.push_back(name + ": " + *layer->broken);
            } else if (!layer->present) {
                _explanation->notes.push_back(name + ": not on this page");
            }
        }
        if (_card.hidesAudience.value_or(false) || _element.hidesAudience.value_or(false)) {
            _explanation->notes.emplace_back("the site hides the audience's score");
        }
    }

    Explanation* _explanation;
    LayerClaims _card, _watch, _ld, _element, _mps, _hero, _head, _consensus;
};

}  // namespace

bool endsAsPage(std::string_view html) {
    std::string tail(html.substr(html.size() - std::min(html.size(), kMaxAfterEnd)));
    std::transform(tail.begin(), tail.end(), tail.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return tail.find("</html") != std::string::npos;
}

Reading readPage(std::string_view html, Explanation* explanation) {
    if (html.empty()) {
        return Unreadable{"an empty page"};
    }
    if (html.size() > kMaxPageBytes) {
        return Unreadable{"longer than any page of the site"};
    }
    if (!endsAsPage(html) || !areScorecardsWhole(html)) {
        return Unreadable{"cut off: the page does not end"};
    }
    try {
        const Document page(toValidUtf8(html));
        return Assembly(page, explanation).facts();
    } catch (const NotReadable& e) {
        return Unreadable{toValidUtf8(e.what())};
    }
}

}  // namespace rtbatch
