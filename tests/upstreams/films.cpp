#include "tests/upstreams/films.h"

#include <algorithm>
#include <charconv>

namespace rtbatch::standin {

namespace {

constexpr std::optional<int> kNone = std::nullopt;
constexpr bool kCertified = true;
constexpr bool kNotCertified = false;

constexpr int kFirstGenerated = 9000000;
constexpr int kLastGenerated = 9999999;
constexpr std::string_view kGeneratedPage = "m/standin_";

std::vector<Film> makeFilms() {
    const auto film = [](std::string imdb, std::string rt, std::string title, int year,
                         std::optional<int> critics, std::optional<int> audience, bool certified,
                         std::optional<std::string> consensus) {
        return Film{
            std::move(imdb),
            std::move(rt),
            {std::move(title), year, critics, audience, certified, std::move(consensus), releasedIn(year)}};
    };
    std::vector<Film> films = {
        film("tt0468569", "m/the_dark_knight", "The Dark Knight", 2008, 94, 94, kCertified,
             "A dark, grown-up tale of order against chaos with a Joker whom nobody forgets."),
        film("tt0113277", "m/heat", "Heat", 1995, 83, 94, kCertified,
             "Two great actors on two sides of the law carry a long, patient and stylish crime story."),
        film("tt0111161", "m/shawshank_redemption", "The Shawshank Redemption", 1994, 89, 98, kCertified,
             "A warm story of hope behind walls, told without hurry."),
        film("tt0068646", "m/the_godfather", "The Godfather", 1972, 97, 98, kCertified,
             "A family saga that every later crime film is measured by."),
        film("tt0071562", "m/the_godfather_part_ii", "The Godfather, Part II", 1974, 96, 97, kCertified,
             "Deepens the first part and widens it into two times at once."),
        film("tt0110912", "m/pulp_fiction", "Pulp Fiction", 1994, 92, 96, kCertified,
             "Talk, chance and violence, out of order and all of a piece."),
        film("tt0137523", "m/fight_club", "Fight Club", 1999, 81, 96, kCertified,
             "Angry, funny and made with verve."),
        film("tt0109830", "m/forrest_gump", "Forrest Gump", 1994, 75, 95, kCertified,
             "An odd hero runs through decades of history, and the heart runs along."),
        film("tt1375666", "m/inception", "Inception", 2010, 87, 91, kCertified,
             "A heist in dreams that asks to be seen twice."),
        film("tt0133093", "m/matrix", "The Matrix", 1999, 83, 85, kCertified,
             "New pictures for an old question: what is real?"),
        film("tt0099685", "m/1032176-goodfellas", "GoodFellas", 1990, 94, 97, kCertified,
             "Fast, brutal, and as close to that life as film has come."),
        film("tt0114369", "m/seven", "Seven", 1995, 84, 95, kCertified, "Bleak and hard to shake off."),
        film("tt0102926", "m/silence_of_the_lambs", "The Silence of the Lambs", 1991, 95, 95, kCertified,
             "Two people in conversation are more frightening than any chase."),
        film("tt0120737", "m/the_lord_of_the_rings_the_fellowship_of_the_ring",
             "The Lord of the Rings: The Fellowship of the Ring", 2001, 92, 95, kCertified,
             "A world one believes in, and a company one walks with."),
        film("tt0816692", "m/interstellar_2014", "Interstellar", 2014, 73, 87, kCertified,
             "Large thoughts and larger pictures, at times too much for its story."),
        film("tt0245429", "m/spirited_away", "Spirited Away", 2001, 96, 96, kCertified,
             "A child's courage in a house of wonders."),
        film("tt0211915", "m/amelie", "Amélie", 2001, 90, 95, kCertified,
             "Paris as it never was, and as one wishes it were."),
        film("tt0078748", "m/alien", "Alien", 1979, 93, 94, kCertified, "A haunted house among the stars."),
        film("tt0083658", "m/blade_runner", "Blade Runner", 1982, 89, 91, kCertified,
             "Rain, neon and a question that stays."),
        film("tt0034583", "m/1003707-casablanca", "Casablanca", 1942, 99, 95, kCertified,
             "Every line is known by heart, and it works every time."),
        film("tt0033467", "m/citizen_kane", "Citizen Kane", 1941, 99, 90, kCertified,
             "The grammar of film, in one film."),
        film("tt0054215", "m/psycho", "Psycho", 1960, 97, 95, kCertified,
             "Still the shower that people think of."),
        film("tt0031381", "m/gone_with_the_wind", "Gone With the Wind", 1939, 90, 92, kCertified,
             "Grand to look at, and hard to look at."),
        film("tt0073486", "m/one_flew_over_the_cuckoos_nest", "One Flew Over the Cuckoo's Nest", 1975, 93, 96,
             kCertified, "Laughter against a cold order."),
        film("tt2582802", "m/whiplash_2014", "Whiplash", 2014, 94, 94, kCertified,
             "A drum lesson played as a duel."),
        film("tt0364569", "m/oldboy", "Oldboy", 2003, 83, 94, kNotCertified,
             "Cruel, inventive, and not for everyone."),
        film("tt3783958", "m/la_la_land", "La La Land", 2016, 91, 81, kCertified,
             "Old Hollywood sings and dances again."),
        film("tt0119217", "m/good_will_hunting", "Good Will Hunting", 1997, 97, 94, kCertified,
             "Told by friends, and felt."),
        film("tt0266697", "m/kill_bill_vol_1", "Kill Bill: Volume 1", 2003, 85, 81, kCertified,
             "Revenge as a book of styles."),

        // The edges of the scores.
        film("tt1801552", "m/gotti_2018", "Gotti", 2018, 0, 43, kNotCertified, "Better left unseen."),
        film("tt1472584", "m/max_steel", "Max Steel", 2016, 0, 42, kNotCertified, std::nullopt),
        film("tt0185183", "m/battlefield_earth", "Battlefield Earth", 2000, 3, 12, kNotCertified,
             "Ugly to look at and dull to follow."),
        film("tt0041154", "m/late_spring", "Late Spring", 1949, 100, 92, kNotCertified,
             "A father, a daughter, a parting."),
        film("tt15047880", "m/disclosure_day", "Disclosure Day", 2026, kNone, kNone, kNotCertified,
             std::nullopt),
        film("tt0903747", "tv/breaking_bad", "Breaking Bad", 2008, 96, 97, kNotCertified, std::nullopt),
    };

    // Those whose page is a trap. Emilia Pérez: certified at 70, and markup in the consensus.
    films.push_back(film("tt20221436", "m/emilia_perez", "Emilia Pérez", 2024, 70, 73, kCertified,
                         "Karla Sofía Gascón is Emilia, in a crime musical unlike any other."));
    films.back().consensusHtml =
        "Karla Sofía Gascón is <em>Emilia</em>, in a crime musical unlike any other.";
    // Names with a year on the page, which is not part of the title.
    films.push_back(film("tt2543164", "m/arrival_2016", "Arrival", 2016, 94, 83, kCertified,
                         "First contact as a lesson in language, quiet & clever."));
    films.back().nameOnPage = "Arrival (2016)";
    films.back().consensusHtml =
        "First contact as a lesson in language, quiet & clever.";  // a raw & is met too
    films.push_back(film("tt6751668", "m/parasite_2019", "Parasite", 2019, 99, 90, kCertified,
                         "“Upstairs, downstairs” – sharpened to a point; it’s funny, then not."));
    films.back().nameOnPage = "Parasite (2019)";
    films.back().whereToWatch = false;
    films.push_back(film("tt1160419", "m/dune_2021", "Dune", 2021, 83, 90, kCertified,
                         "Half of a story, \"and what a half\" – sand & spice."));
    films.back().consensusHtml =
        "Half of a story, &quot;and what a half&quot; &ndash; <b>sand &amp; spice</b>.";
    films.push_back(film("tt15398776", "m/oppenheimer_2023", "Oppenheimer", 2023, 93, 91, kCertified,
                         "Three hours of people talking, and the world at stake."));
    films.push_back(
        film("tt1517268", "m/barbie", "Barbie", 2023, 88, 83, kCertified, "Pink, clever and kind."));
    films.push_back(film("tt1013752", "m/fast_and_furious", "Fast & Furious", 2009, 29, 67, kNotCertified,
                         "Louder than fast."));
    films.push_back(film("tt0047478", "m/seven_samurai_1956", "Seven Samurai", 1954, 100, 97, kCertified,
                         "Long, and not a minute too long."));
    // Years that are titles, and one in both places.
    films.push_back(
        film("tt6214928", "m/1922", "1922", 2017, 91, 57, kNotCertified, "A farm, a deed, and rats."));
    films.push_back(film("tt0212712", "m/2046", "2046", 2004, 87, 81, kCertified,
                         "Memory as a train that goes nowhere."));
    return films;
}

std::optional<int> numberIn(std::string_view digits) {
    int number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool good = digits.size() == 7 && error == std::errc() && end == digits.data() + digits.size() &&
                      number >= kFirstGenerated && number <= kLastGenerated && number % 100 != 99;
    return good ? std::optional(number) : std::nullopt;
}

Film filmOf(int number) {
    const std::string digits = std::to_string(number);
    Film film;
    film.imdbId = "tt" + digits;
    film.rtId = std::string(kGeneratedPage) + digits;
    film.facts.title = "Stand-in No. " + digits;
    film.facts.year = 1930 + number % 95;
    film.facts.released = releasedIn(*film.facts.year);
    if (number % 10 != 7) {
        film.facts.criticScore = number % 101;
    }
    if (number % 13 != 5) {
        film.facts.audienceScore = number / 3 % 101;
    }
    film.facts.certified = film.facts.criticScore >= 70 && number % 2 == 0;
    if (number % 4 != 1) {
        film.facts.consensus = "Film number " + digits + " says it all.";
        film.consensusHtml = "Film number <em>" + digits + "</em> says it all.";
    }
    return film;
}

}  // namespace

std::chrono::sys_days releasedIn(int year) {
    return std::chrono::year(year) / std::chrono::November / 1;
}

const std::vector<Film>& knownFilms() {
    static const std::vector<Film> films = makeFilms();
    return films;
}

std::optional<Film> generatedFilm(std::string_view imdbId) {
    const auto number = imdbId.starts_with("tt") ? numberIn(imdbId.substr(2)) : std::nullopt;
    return number ? std::optional(filmOf(*number)) : std::nullopt;
}

std::optional<Film> findFilm(std::string_view imdbId) {
    const auto found = std::find_if(knownFilms().begin(), knownFilms().end(),
                                    [imdbId](const Film& film) { return film.imdbId == imdbId; });
    return found == knownFilms().end() ? generatedFilm(imdbId) : std::optional(*found);
}

std::optional<Film> findFilmByRtId(std::string_view rtId) {
    const auto found = std::find_if(knownFilms().begin(), knownFilms().end(),
                                    [rtId](const Film& film) { return film.rtId == rtId; });
    if (found != knownFilms().end()) {
        return *found;
    }
    if (!rtId.starts_with(kGeneratedPage)) {
        return std::nullopt;
    }
    return generatedFilm("tt" + std::string(rtId.substr(kGeneratedPage.size())));
}

const std::vector<OddAnswer>& oddAnswers() {
    static const std::vector<OddAnswer> answers = {
        {"tt8999901", {"m/../admin"}, "", "climbs out of the films"},
        {"tt8999902", {"m/x?y=1"}, "", "brings a query of its own"},
        {"tt8999903", {"m/x\r\nX-Evil: 1"}, "", "brings a header of its own"},
        {"tt8999904", {"celebrity/al_pacino"}, "", "is a person"},
        {"tt8999905",
         {"tv/breaking_bad", "m/heat", "celebrity/al_pacino"},
         "m/heat",
         "a film before a series"},
        {"tt8999906", {"//elsewhere.example/m/x"}, "", "names another host"},
        {"tt8999907", {"m/" + std::string(5000, 'x')}, "", "is very long"},
        {"tt8999908", {}, "", "is an item without P1258"},
        {"tt8999909", {"m/standin_gone"}, "m/standin_gone", "a page that is not there"},
        {"tt8999910", {"m/../admin", "m/matrix"}, "m/matrix", "a good one beside a hostile one"},
        {"tt8999911", {std::string(kUnknownValue)}, "", "is \"some value, unknown\""},
        {"tt8999912",
         {"celebrity/x", "tv/breaking_bad"},
         "tv/breaking_bad",
         "a series where there is no film"},
        {"tt8999913",
         {"m/seven", "m/alien"},
         "m/alien",
         "two films: the same each time, say the first by name"},
        {"tt8999914", {"m/caf\xc3\xa9 noir"}, "", "has characters that no id has"},
    };
    return answers;
}

}  // namespace rtbatch::standin
