#include "common/page/film_year.h"

#include <algorithm>
#include <array>

namespace rtbatch {

namespace {

using Kind = Claim<int>::Kind;

/// A film may be shown in the year before the one it is counted to.
constexpr int kEarlyRelease = 1;

/// And the hero may have the year after it, when it came to the cinemas.
constexpr int kLateHero = 1;

class Weighing {
public:
    explicit Weighing(const YearSources& sources) : _s(sources) {}

    FilmYear result() {
        auto year = ownYear();
        if (!year && !_doubtful) {
            year = confirmedSlug();
        }
        if (!year && !_doubtful && _s.series) {
            year = firstBroadcast();
        }
        FilmYear out{.year = year};
        const std::array<std::pair<Layer, const Claim<int>*>, 6> all{{{Layer::whereToWatch, &_s.watch},
                                                                      {Layer::titleSuffix, &_s.suffix},
                                                                      {Layer::mediaHero, &_s.hero},
                                                                      {Layer::mpscall, &_s.mps},
                                                                      {Layer::jsonLd, &_s.ld},
                                                                      {Layer::head, &_s.slug}}};
        for (const auto& [layer, claim] : all) {
            if (!claim->silent()) {
                out.lines.push_back({"year", std::string(layerName(layer)), claim->said, claim == _used});
            }
        }
        return out;
    }

private:
    std::optional<int> ownYear() {
        const Claim<int> hero = heroOfItsOwn() ? _s.hero : Claim<int>();
        std::optional<int> year;
        for (const auto& [original, claim] :
             {std::pair(&_s.watch, &_s.watch), std::pair(&_s.suffix, &_s.suffix),
              std::pair(&_s.hero, &hero)}) {
            if (claim->silent()) {
                continue;
            }
            const bool late = original == &_s.hero && year && claim->value == *year + kLateHero;
            const bool differs = year && *year != claim->value && !late;
            if (claim->kind != Kind::value || differs || isAfterRelease(claim->value)) {
                _doubtful = true;
                _used = nullptr;
                return std::nullopt;
            }
            if (!year) {
                _used = original;
                year = claim->value;
            }
        }
        return year;
    }

    bool isAfterRelease(int year) const {
        return (_s.mps.hasValue() && year > _s.mps.value + kEarlyRelease) ||
               (_s.ld.hasValue() && year > _s.ld.value + kEarlyRelease);
    }

    /// Whether the hero's year is not that of the release. Where the release cannot be read it may be.
    bool heroOfItsOwn() const {
        const auto isOther = [this](const Claim<int>& release) {
            return release.silent() || (release.hasValue() && _s.hero.value < release.value);
        };
        return _s.hero.hasValue() && _s.releaseIsRead && isOther(_s.mps) && isOther(_s.ld);
    }

    std::optional<int> confirmedSlug() {
        const bool confirmed = _s.slug.hasValue() &&
                               (_s.slug.agrees(_s.hero) || _s.slug.agrees(_s.mps) || _s.slug.agrees(_s.ld));
        _used = confirmed ? &_s.slug : nullptr;
        return confirmed ? std::optional(_s.slug.value) : std::nullopt;
    }

    std::optional<int> firstBroadcast() {
        const bool agreed = (_s.mps.hasValue() && (_s.ld.silent() || _s.ld.agrees(_s.mps))) ||
                            (_s.releaseIsRead && _s.mps.silent() && _s.ld.hasValue());
        if (!agreed) {
            return std::nullopt;
        }
        _used = _s.mps.hasValue() ? &_s.mps : &_s.ld;
        return _used->value;
    }

    const YearSources& _s;
    const Claim<int>* _used = nullptr;
    bool _doubtful = false;  ///< a good source is not understood or contradicted: nothing else will do
};

}  // namespace

FilmYear filmYear(const YearSources& sources) {
    return Weighing(sources).result();
}

}  // namespace rtbatch
