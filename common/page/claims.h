#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtbatch {

/// A named place of the page that facts are read from.
enum class Layer {
    scorecardJson,     ///< script#media-scorecard-json, or another of its shape
    scorecardElement,  ///< the <media-scorecard> that is the film's
    whereToWatch,      ///< script#where-to-watch-json
    jsonLd,            ///< the script of type application/ld+json that describes a film or a series
    mpscall,           ///< window.mpscall in script#mps-page-integration
    mediaHero,         ///< script#media-hero-json
    head,              ///< og:title, <title>, og:type, og:url, the canonical link
    titleSuffix,       ///< the year in a title that the site tells apart by it, "Arrival (2016)"
    consensus,         ///< #critics-consensus
};

/// The layer's name for people, for the reader's JSON and for counting.
std::string_view layerName(Layer layer);

/// What one layer says of one fact.
template <typename T>
struct Claim {
    enum class Kind {
        silent,    ///< it does not speak of the fact
        none,      ///< it says that there is none
        value,     ///< it says `value`
        unusable,  ///< it says something that is no such fact
    };

    Kind kind = Kind::silent;
    T value{};
    std::string said{};  ///< as the page has it, for the explanation

    static Claim of(T v, std::string text) { return {Kind::value, std::move(v), std::move(text)}; }
    static Claim nothing(std::string text) { return {Kind::none, T{}, std::move(text)}; }
    static Claim bad(std::string text) { return {Kind::unusable, T{}, std::move(text)}; }

    bool silent() const { return kind == Kind::silent; }
    bool hasValue() const { return kind == Kind::value; }
    bool agrees(const Claim& other) const {
        return kind == other.kind && (kind != Kind::value || value == other.value);
    }
};

/// What one layer says.
struct LayerClaims {
    Layer layer;
    bool present = false;
    std::optional<std::string> broken = std::nullopt;  ///< it is there and cannot be understood; why

    Claim<std::string> title{};
    Claim<int> year{};
    Claim<int> criticScore{};
    Claim<int> audienceScore{};
    Claim<bool> certified{};
    Claim<std::string> consensus{};
    Claim<std::chrono::sys_days> released{};
    Claim<std::string> page{};  ///< the page's own address, "m/heat"

    bool filmPage = false;                             ///< it says that this is a film's or a series' page
    std::optional<bool> hidesAudience = std::nullopt;  ///< whether the site shows no audience's score
};

}  // namespace rtbatch
