#include "common/page/title_and_year.h"

#include <algorithm>
#include <array>

#include "common/model/title_key.h"
#include "common/page/dates.h"
#include "common/page/film_year.h"
#include "common/page/layers.h"
#include "common/page/text.h"
#include "common/page/title_match.h"

namespace rtbatch {

namespace {

constexpr std::size_t kMaxTitle = 300;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // what stands for a broken character

class Naming {
public:
    explicit Naming(const NamingLayers& layers) : _layers(layers) {
        const auto& page = layers.head->page.hasValue() ? layers.head->page : layers.ld->page;
        _path = page.hasValue() ? page.value : "";
    }

    TitleAndYear find() {
        if (auto why = gather()) {
            return fail(std::move(*why));
        }
        const LayerClaims* shown = shownTitle();
        const std::string& raw = shown->title.value;
        if (characterCount(raw) > kMaxTitle) {
            return fail("the title is longer than a title");
        }
        if (raw.find(kReplacement) != std::string::npos) {
            return fail("the title has broken characters");
        }
        FilmYear year = filmYear(yearSources(raw));
        _out.year = year.year;
        _out.lines = std::move(year.lines);
        const auto suffix = trailingYear(raw);
        const bool cut = suffix && (suffix == _out.year || isTitleElsewhere(withoutTrailingYear(raw)));
        _out.title = cut ? withoutTrailingYear(raw) : raw;
        for (const LayerClaims* layer : all()) {
            addLine(*layer, layer == shown);
        }
        return _out;
    }

private:
    std::array<const LayerClaims*, 5> all() const {
        return {_layers.watch, _layers.ld, _layers.head, _layers.hero, _layers.mps};
    }

    static bool speaks(const LayerClaims* layer) { return layer->title.hasValue() && !layer->broken; }
    bool isSeries() const { return _path.starts_with("tv/"); }

    /// Gathers the layers that name the page's film; or says why that cannot be told. The head and JSON-LD
    /// describe the page itself. What else names a film may stand there for another one: a title that only
    /// contains the page's, or is contained in it, is not the same, though it makes no page unreadable whose
    /// own title is confirmed.
    std::optional<std::string> gather() {
        for (const LayerClaims* layer :
             {_layers.ld, _layers.head, _layers.watch, _layers.hero, _layers.mps}) {
            if (!speaks(layer)) {
                continue;
            }
            const bool own = layer == _layers.ld || layer == _layers.head;
            const TitleMatch match = _named.empty() ? TitleMatch::same : matchWithNamed(layer->title.value);
            const bool longForm = match == TitleMatch::longForm;
            if (match == TitleMatch::same || (longForm && own) ||
                (match == TitleMatch::contained && isSeries())) {
                _named.push_back(layer);
            } else if (longForm || (match == TitleMatch::contained && !own)) {
                _beside = longForm ? _beside : layer;
            } else {
                return differ(*layer);
            }
        }
        if (_named.empty()) {
            return "no title";
        }
        return _beside != nullptr && _named.size() < 2 ? std::optional(differ(*_beside)) : std::nullopt;
    }

    std::string differ(const LayerClaims& layer) const {
        return "the layers name different films: \"" + _named.front()->title.value.substr(0, kMaxTitle) +
               "\" and \"" + layer.title.value.substr(0, kMaxTitle) + '"';
    }

    TitleMatch matchWithNamed(std::string_view title) const {
        TitleMatch best = TitleMatch::different;
        for (const LayerClaims* layer : _named) {
            best = std::min(best, matchTitles(layer->title.value, title));
        }
        return best;
    }

    /// What most of them say to the letter; of those that are equal the first. All of them are good pages'
    /// titles, so this matters only where one is damaged or in capitals.
    const LayerClaims* shownTitle() const {
        const LayerClaims* best = nullptr;
        std::ptrdiff_t most = 0;
        for (const LayerClaims* layer : all()) {
            const bool named = std::find(_named.begin(), _named.end(), layer) != _named.end();
            if (const auto said = named ? timesSaid(*layer) : 0; said > most) {
                best = layer;
                most = said;
            }
        }
        return best;
    }

    std::ptrdiff_t timesSaid(const LayerClaims& named) const {
        return std::count_if(_named.begin(), _named.end(), [&named](const LayerClaims* other) {
            return withoutTrailingYear(other->title.value) == withoutTrailingYear(named.title.value);
        });
    }

    /// These never carry the suffix that tells films apart.
    bool isTitleElsewhere(std::string_view title) const {
        const std::array<const LayerClaims*, 3> bare{_layers.watch, _layers.hero, _layers.mps};
        return std::any_of(bare.begin(), bare.end(), [title](const LayerClaims* layer) {
            return speaks(layer) && !trailingYear(layer->title.value) &&
                   titleKey(layer->title.value) == titleKey(title);
        });
    }

    YearSources yearSources(const std::string& shown) const {
        const auto of = [&shown](const LayerClaims* layer) {
            const bool sameFilm = speaks(layer) && matchTitles(layer->title.value, shown) == TitleMatch::same;
            return sameFilm ? layer->year : Claim<int>();
        };
        return {.watch = of(_layers.watch),
                .suffix = suffixYear(),
                .hero = of(_layers.hero),
                .mps = _layers.mps->year,
                .ld = _layers.ld->year,
                .slug = slugYear(shown),
                .releaseIsRead = _layers.mps->present && !_layers.mps->broken && !_layers.ld->broken,
                .series = isSeries()};
    }

    /// The year in the title of JSON-LD or of the head, when it is there to tell films apart: the film's name
    /// without it stands elsewhere, or its path ends in the same year.
    Claim<int> suffixYear() const {
        Claim<int> found;
        for (const LayerClaims* layer : {_layers.ld, _layers.head}) {
            const std::string& title = layer->title.value;
            const auto year = trailingYear(title);
            if (!speaks(layer) || !year || *year < kFirstFilmYear || *year > kLastFilmYear) {
                continue;
            }
            const bool byPath = _path.ends_with('_' + std::to_string(*year));
            if (!isTitleElsewhere(withoutTrailingYear(title)) && !byPath) {
                continue;
            }
            if (found.hasValue() && found.value != *year) {
                return Claim<int>::bad(found.said + " and " + title);
            }
            found = found.hasValue() ? found : Claim<int>::of(*year, title);
        }
        return found;
    }

    /// The year at the end of the page's address, unless the number is part of the title ("Death Race 2000").
    Claim<int> slugYear(const std::string& title) const {
        const std::size_t bar = _path.rfind('_');
        const std::string digits = bar == std::string::npos ? "" : _path.substr(bar + 1);
        const bool inTitle = titleKey(withoutTrailingYear(title)).find(digits) != std::string::npos;
        const auto year = inTitle ? Claim<int>() : yearClaim(digits, _path);
        return year.hasValue() ? year : Claim<int>();
    }

    void addLine(const LayerClaims& layer, bool used) {
        if (!layer.title.silent()) {
            _out.lines.push_back({"title", std::string(layerName(layer.layer)), layer.title.said, used});
        }
    }

    TitleAndYear fail(std::string reason) {
        _out.unreadable = std::move(reason);
        for (const LayerClaims* layer : all()) {
            addLine(*layer, false);
        }
        return _out;
    }

    const NamingLayers& _layers;
    std::string _path;                         ///< the page's own address; empty when it does not say it
    std::vector<const LayerClaims*> _named{};  ///< the layers that name the page's film
    const LayerClaims* _beside = nullptr;      ///< one whose title contains the film's, or is part of it
    TitleAndYear _out;
};

}  // namespace

TitleAndYear titleAndYear(const NamingLayers& layers) {
    return Naming(layers).find();
}

}  // namespace rtbatch
