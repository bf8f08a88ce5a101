// rtbatch-refresher prewarm, from outside: what it marks, in which order, and what it refuses.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "tests/e2e/commands.h"
#include "tests/upstreams/films.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kBrowse = "https://www.rottentomatoes.com/browse/movies_in_theaters";
const std::string kGuide = "https://editorial.rottentomatoes.com/guide/essential-films";

std::string marked(const Commands& commands, int most) {
    return commands.sql("SELECT imdb_id FROM demand ORDER BY wanted_place, imdb_id LIMIT " +
                        std::to_string(most));
}

int marks(const Commands& commands) {
    return commands.number("SELECT COUNT(*) FROM demand");
}

std::vector<std::string> filmsOfTheList() {
    std::vector<std::string> ids;
    for (const auto& film : rtbatch::standin::knownFilms()) {
        ids.push_back(film.imdbId);
    }
    return ids;
}

/// Whether each is marked with a later place than the one before, the first with the first.
bool isInOrder(const Commands& commands, const std::vector<std::string>& ids) {
    int last = -1;
    for (const std::string& id : ids) {
        const int place = commands.number("SELECT wanted_place FROM demand WHERE imdb_id = '" + id + "'");
        if (place <= last || (last < 0 && place > 0)) {
            UNSCOPED_INFO(id << " has place " << place << " after " << last);
            return false;
        }
        last = place;
    }
    return !ids.empty();
}

/// IMDb's data set with so many titles: the votes of title n are n, but for those of every thousandth.
void writeRatings(const std::string& path, int titles) {
    std::ofstream out(path);
    out << "tconst\taverageRating\tnumVotes\n";
    for (int i = 1; i <= titles; ++i) {
        out << "tt" << 1000000 + i << "\t6.4\t" << (i % 1000 == 0 ? 2000000000 - i : i) << "\n";
    }
}

}  // namespace

TEST_CASE("Ids of a file are marked in its order") {
    Commands commands(GENERATE(Kind::sqlite, Kind::mariadb));
    writeFile(commands.file("ids"), "# wanted\ntt0113277\ntt0000002 # the second\n\ntt0000001\n");
    const Ended ended = commands.run({"prewarm", "--ids", commands.file("ids")});
    INFO(ended.said);
    CHECK(ended.status == 0);
    CHECK(ended.said == "prewarm: marked 3 in " + commands.databaseName() +
                            ", of which 0 are warm already; rtbatch-refresher run fetches the others\n");
    CHECK(marked(commands, 9) == "tt0113277\ntt0000002\ntt0000001\n");
    CHECK(commands.run({"prewarm", "--quiet", "--ids", commands.file("ids")}).said.empty());
}

TEST_CASE("A file with bad lines marks nothing, and is told where they are") {
    Commands commands(Kind::sqlite);
    writeFile(commands.file("ids"), "tt0113277\nxyz\n");
    const Ended ended = commands.run({"prewarm", "--ids", commands.file("ids")});
    CHECK(ended.status == 65);
    CHECK_THAT(ended.said, Contains(commands.file("ids") + ":2: 'xyz' is no IMDb id; nothing was marked"));
    CHECK(marks(commands) == 0);
    CHECK(commands.run({"prewarm", "--imdb-ratings", commands.file("ids")}).status == 65);
    CHECK(marks(commands) == 0);
}

TEST_CASE("A file that is not there ends with 66, whichever it is") {
    Commands commands(Kind::sqlite);
    for (const std::string option : {"--ids", "--imdb-ratings"}) {
        CAPTURE(option);
        const Ended missing = commands.run({"prewarm", option, commands.file("none")});
        CHECK(missing.status == 66);
        CHECK_THAT(missing.said, Contains(commands.file("none") + " cannot be opened: No such file"));
        const Ended directory = commands.run({"prewarm", option, "/"});
        CHECK(directory.status == 66);
        CHECK_THAT(directory.said, Contains("/ is a directory"));
    }
}

TEST_CASE("Of IMDb's 1.5 million titles those with the most votes are marked, within 64 MB") {
    Commands commands(Kind::sqlite);
    writeRatings(commands.file("title.ratings.tsv"), 1'500'000);
    const Ended ended = commands.run({"prewarm", "--imdb-ratings", commands.file("title.ratings.tsv")});
    INFO(ended.said);
    CHECK(ended.status == 0);
    CHECK(marks(commands) == 10000);
    CHECK(marked(commands, 3) == "tt1001000\ntt1002000\ntt1003000\n");
    CHECK(commands.sql("SELECT imdb_id FROM demand WHERE wanted_place = 1500") == "tt2499999\n");
    CHECK(ended.peakMemory < std::size_t{64} * 1024 * 1024);
    std::cout << "prewarm: 1.5 million lines, " << ended.peakMemory / 1024 / 1024 << " MB\n";
}

TEST_CASE("The films of a browse page are marked in its order, and their ids remembered") {
    Commands commands(GENERATE(Kind::sqlite, Kind::mariadb));
    const Ended ended = commands.run({"prewarm", "--list", kBrowse});
    INFO(ended.said);
    CHECK(ended.status == 0);
    CHECK_THAT(ended.said, Contains("films on the page, 0 unknown to Wikidata; marked"));
    CHECK(isInOrder(commands, filmsOfTheList()));
    CHECK(commands.sql("SELECT rt_id FROM rt_id WHERE imdb_id = 'tt0113277'") == "m/heat\n");
    CHECK(commands.upstreams().counts(Site::rt).requests == 1);
    CHECK(commands.upstreams().counts(Site::wikidata).requests == 1);
    CHECK(commands.upstreams().counts(Site::rt).mostOpen == 1);
    CHECK(commands.upstreams().counts(Site::wikidata).mostOpen == 1);
}

TEST_CASE("The films of an article are marked in its order too, after a redirect") {
    Commands commands(Kind::sqlite);
    const Ended ended = commands.run({"prewarm", "--list", kGuide});
    INFO(ended.said);
    CHECK(ended.status == 0);
    auto countedDown = filmsOfTheList();
    std::ranges::reverse(countedDown);
    CHECK(isInOrder(commands, countedDown));
    CHECK(commands.upstreams().counts(Site::rt).requests == 2);
}

TEST_CASE("A page that is not there, or is no list, marks nothing") {
    Commands commands(Kind::sqlite);
    const Ended gone = commands.run({"prewarm", "--list", "https://www.rottentomatoes.com/browse/nothing"});
    CHECK(gone.status == 65);
    CHECK_THAT(gone.said, Contains("there is no such page"));
    for (const std::string fault : {"crash", "blocked", "empty", "garbage"}) {
        CAPTURE(fault);
        commands.upstreams().setFault(Site::rt, fault);
        CHECK(commands.run({"prewarm", "--list", kBrowse}).status == 65);
    }
    CHECK(marks(commands) == 0);
}

TEST_CASE("What Wikidata does not know of a page is named") {
    Commands commands(Kind::sqlite);
    commands.upstreams().changeFilm("tt0468569", R"({"values":["m/another_address"]})");
    const Ended ended = commands.run({"prewarm", "--list", kBrowse});
    INFO(ended.said);
    CHECK_THAT(ended.said,
               Contains(" films on the page, 1 unknown to Wikidata (m/the_dark_knight); marked "));
}

TEST_CASE("A site that does not answer now marks nothing, and says that the same may do later") {
    Commands commands(Kind::sqlite);
    for (const std::string fault : {"500", "cut", "reset", "redirect_offsite"}) {
        CAPTURE(fault);
        commands.upstreams().setFault(Site::rt, fault);
        const Ended ended = commands.run({"prewarm", "--list", kBrowse});
        CHECK(ended.status == 75);
        CHECK_THAT(ended.said, Contains("nothing was marked: Rotten Tomatoes "));
    }
    commands.upstreams().clearFaults();
    commands.upstreams().setFault(Site::wikidata, "partial");
    CHECK(commands.run({"prewarm", "--list", kBrowse}).status == 75);
    CHECK(marks(commands) == 0);
    CHECK(commands.number("SELECT COUNT(*) FROM rt_id") == 0);
}

TEST_CASE("A command line that is not understood is answered with what it should be") {
    Commands commands(Kind::sqlite);
    const auto refused = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "prewarm");
        const Ended ended = commands.run(arguments);
        CHECK(ended.status == 64);
        return ended.said;
    };
    CHECK_THAT(refused({}), Contains("prewarm needs one of --ids, --imdb-ratings and --list"));
    CHECK_THAT(refused({"--ids", "x", "--list", kBrowse}), Contains("prewarm needs one of"));
    CHECK_THAT(refused({"--ids", "x", "--top", "5"}), Contains("--top goes with --imdb-ratings"));
    CHECK_THAT(refused({"--imdb-ratings", "x", "--top", "1000001"}), Contains("--top"));
    CHECK_THAT(refused({"--list", "https://elsewhere.example/browse/x"}),
               Contains("--list takes https://www.rottentomatoes.com/browse/... or"));
    CHECK(commands.upstreams().counts(Site::rt).requests == 0);
}
