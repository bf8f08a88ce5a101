#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/facts.h"

namespace rtbatch::standin {

/// A film or series that the stand-in knows. `facts` is what a right reading of its page gives, so a test can
/// hold an event to `renderFacts(*RtId::parse(film.rtId), film.facts)`.
struct Film {
    std::string imdbId{};
    std::string rtId{};  ///< `m/heat`; what Wikidata says, and where the page is
    MovieFacts facts{};

    std::string nameOnPage{};     ///< JSON-LD and og:title; empty: the title. Some end in " (2016)"
    std::string consensusHtml{};  ///< as the page has it; empty: the plain text, escaped
    bool whereToWatch = true;  ///< whether the page has that block; without it only a title may say the year
    std::string address{};     ///< where the page says it is; empty: where it is
    std::string movedTo{};     ///< `rtId` redirects there, where the page is then
    std::vector<std::string> values{};  ///< what Wikidata says; empty: `rtId` alone

    /// Where its page is.
    const std::string& place() const { return movedTo.empty() ? rtId : movedTo; }
};

/// The day that a film of that year is said to be released on, unless a test says another.
std::chrono::sys_days releasedIn(int year);

/// About forty well-known films, and one series.
const std::vector<Film>& knownFilms();

/// tt9000000 to tt9999999 are films `m/standin_NNNNNNN` with facts that follow from the number; those ending
/// in 99 are unknown to Wikidata and have no page.
std::optional<Film> generatedFilm(std::string_view imdbId);

/// Any of the above by its IMDb id, or by its Rotten Tomatoes id.
std::optional<Film> findFilm(std::string_view imdbId);
std::optional<Film> findFilmByRtId(std::string_view rtId);

/// What Wikidata says of an id beyond the one plain row: several rows, hostile ones, none that is of use.
struct OddAnswer {
    std::string imdbId;
    std::vector<std::string> values;  ///< of P1258, in the order of the reply
    std::string useful;               ///< the one to ask for; empty: there is none
    std::string why;
};
const std::vector<OddAnswer>& oddAnswers();

/// The value of P1258 that stands for Wikidata's "some value, unknown": a blank node and no text.
inline constexpr std::string_view kUnknownValue = "<unknown value>";

}  // namespace rtbatch::standin
