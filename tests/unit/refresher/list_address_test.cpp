#include "refresher/list_address.h"

#include <catch2/catch.hpp>
#include <string>

using namespace rtbatch;

TEST_CASE("Browse pages and pages of the editorial site are lists of films") {
    const auto browse =
        ListAddress::parse("https://www.rottentomatoes.com/browse/movies_in_theaters/sort:popular?page=2");
    REQUIRE(browse);
    CHECK_FALSE(browse->editorial);
    CHECK(browse->path == "/browse/movies_in_theaters/sort:popular?page=2");
    const auto guide =
        ListAddress::parse("https://Editorial.RottenTomatoes.com/guide/essential-action-movies/#top");
    REQUIRE(guide);
    CHECK(guide->editorial);
    CHECK(guide->path == "/guide/essential-action-movies/");
}

TEST_CASE("Nothing else is asked for") {
    for (const std::string url :
         {"", "movies_in_theaters", "http://www.rottentomatoes.com/browse/movies_in_theaters",
          "https://www.rottentomatoes.com/m/heat", "https://www.rottentomatoes.com",
          "https://rottentomatoes.com/browse/x", "https://www.rottentomatoes.com.elsewhere.example/browse/x",
          "https://elsewhere.example/browse/x", "https://user@www.rottentomatoes.com/browse/x",
          "https://www.rottentomatoes.com:8443/browse/x", "https://127.0.0.1/browse/x", "file:///browse/x",
          "https://["}) {
        CAPTURE(url);
        CHECK_FALSE(ListAddress::parse(url));
    }
}
