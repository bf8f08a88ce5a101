#include "common/page/title_and_year.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "common/model/title_key.h"
#include "common/page/dates.h"
#include "common/page/text.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxTitle = 300;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // what stands for a broken character

/// One title may be the longer form of the other, "Birdman or (The Unexpected Virtue of Ignorance)" and
/// "Birdman"; a series' name is part of its season's.
bool sameTitle(std::string_view a, std::string_view b) {
    const std::string keyA = titleKey(withoutTrailingYear(a));
    const std::string keyB = titleKey(withoutTrailingYear(b));
    if (keyA.empty() || keyB.empty()) {
        return keyA.empty() && keyB.empty() && withoutTrailingYear(a) == withoutTrailingYear(b);
    }
    return keyA.find(keyB) != std::string::npos || keyB.find(keyA) != std::string::npos;
}

class Naming {
public:
    explicit Naming(const NamingLayers& layers) : _layers(layers) {}

    TitleAndYear find() {
        const LayerClaims* first = firstTitle();
        if (first == nullptr) {
            return fail("no title");
        }
        const std::string& raw = first->title.value;
        if (characterCount(raw) > kMaxTitle) {
            return fail("the title is longer than a title");
        }
        if (raw.find(kReplacement) != std::string::npos) {
            return fail("the title has broken characters");
        }
        for (const LayerClaims* layer : all()) {
            if (layer->title.hasValue() && !sameTitle(raw, layer->title.value)) {
                return fail("the layers name different films: \"" + raw + "\" and \"" +
                            layer->title.value.substr(0, kMaxTitle) + '"');
            }
        }
        findYear();
        const auto suffix = trailingYear(raw);
        const bool cut = suffix && (suffix == _out.year || isTitleElsewhere(withoutTrailingYear(raw)));
        _out.title = cut ? withoutTrailingYear(raw) : raw;
        for (const LayerClaims* layer : all()) {
            addLine("title", layer->layer, layer->title, layer == first);
        }
        return _out;
    }

private:
    std::array<const LayerClaims*, 5> all() const {
        return {_layers.watch, _layers.ld, _layers.head, _layers.hero, _layers.mps};
    }

    /// The first that another says to the letter; else the first. All of them are good pages' titles, so this
    /// matters only where one is damaged.
    const LayerClaims* firstTitle() const {
        const LayerClaims* first = nullptr;
        for (const LayerClaims* layer : all()) {
            if (!layer->title.hasValue()) {
                continue;
            }
            first = first == nullptr ? layer : first;
            if (isConfirmed(*layer)) {
                return layer;
            }
        }
        return first;
    }

    bool isConfirmed(const LayerClaims& named) const {
        const auto layers = all();
        return std::any_of(layers.begin(), layers.end(), [&named](const LayerClaims* other) {
            return other != &named && other->title.hasValue() &&
                   withoutTrailingYear(other->title.value) == withoutTrailingYear(named.title.value);
        });
    }

    /// These never carry the suffix that tells films apart.
    bool isTitleElsewhere(std::string_view title) const {
        const std::array<const LayerClaims*, 3> bare{_layers.watch, _layers.hero, _layers.mps};
        return std::any_of(bare.begin(), bare.end(), [title](const LayerClaims* layer) {
            return layer->title.hasValue() && layer->title.value == title;
        });
    }

    /// The year in the title of JSON-LD or of the head, when it is there to tell films apart: the film's name
    /// without it stands elsewhere, or, where no other layer names the film, its path ends in the same year.
    Claim<int> suffixYear() const {
        const bool namedElsewhere = _layers.watch->title.hasValue() || _layers.hero->title.hasValue() ||
                                    _layers.mps->title.hasValue();
        for (const LayerClaims* layer : {_layers.ld, _layers.head}) {
            const std::string& title = layer->title.value;
            const auto year = trailingYear(title);
            if (!year || *year < kFirstFilmYear || *year > kLastFilmYear) {
                continue;
            }
            const auto& page = layer->page.hasValue() ? layer->page : _layers.head->page;
            const bool byPath = page.hasValue() && page.value.ends_with('_' + std::to_string(*year));
            if (isTitleElsewhere(withoutTrailingYear(title)) || (!namedElsewhere && byPath)) {
                return Claim<int>::of(*year, title);
            }
        }
        return {};
    }

    void findYear() {
        struct Source {
            Layer layer;
            Claim<int> claim;
        };
        const std::array<Source, 4> sources{{{Layer::whereToWatch, _layers.watch->year},
                                             {Layer::titleSuffix, suffixYear()},
                                             {Layer::mpscall, _layers.mps->year},
                                             {Layer::jsonLd, _layers.ld->year}}};
        // A source that speaks and is not understood ends the search: what comes after it is worse, and the
        // better one may have said something else.
        bool ended = false;
        for (const Source& source : sources) {
            const bool broken = source.layer == Layer::mpscall && _layers.mps->broken;
            const bool used = !ended && source.claim.hasValue();
            if (used) {
                _out.year = source.claim.value;
            }
            ended = ended || broken || !source.claim.silent();
            addLine("year", source.layer, source.claim, used);
        }
    }

    template <typename T>
    void addLine(const std::string& fact, Layer layer, const Claim<T>& claim, bool used) {
        if (!claim.silent()) {
            _out.lines.push_back({fact, std::string(layerName(layer)), claim.said, used});
        }
    }

    TitleAndYear fail(std::string reason) {
        _out.unreadable = std::move(reason);
        for (const LayerClaims* layer : all()) {
            addLine("title", layer->layer, layer->title, false);
        }
        return _out;
    }

    const NamingLayers& _layers;
    TitleAndYear _out;
};

}  // namespace

TitleAndYear titleAndYear(const NamingLayers& layers) {
    return Naming(layers).find();
}

}  // namespace rtbatch
