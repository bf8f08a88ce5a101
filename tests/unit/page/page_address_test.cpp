#include <catch2/catch.hpp>

#include "common/page/page_address.h"
#include "film_page.h"
#include "reading.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

std::optional<std::string> addressOf(const std::string& page) {
    return facts(page).page;
}

const std::string kUrl = "https://www.rottentomatoes.com/m/the_long_quay";
const std::string kCanonical = R"(<link rel="canonical" href=")" + kUrl + R"(" />)";
const std::string kOgUrl = R"(<meta property="og:url" content=")" + kUrl + R"(" />)";
const std::string kLdUrl = R"("url":")" + kUrl + R"(")";

/// A film's page on which only `place` says where it is.
std::string onlyWith(const std::string& place) {
    std::string page = filmPage();
    for (const std::string& other : {kCanonical, kOgUrl, kLdUrl}) {
        if (other != place) {
            page = with(page, other, other == kLdUrl ? R"("x":1)" : "");
        }
    }
    return page;
}

}  // namespace

TEST_CASE("a page says its address in three places, and each will do") {
    const auto place = GENERATE_COPY(kCanonical, kOgUrl, kLdUrl);
    CHECK(addressOf(onlyWith(place)) == "m/the_long_quay");
}

TEST_CASE("a page that does not say its address is read, and its address is unknown") {
    CHECK(addressOf(onlyWith("none")) == std::nullopt);
    CHECK(addressOf(with(onlyWith(kCanonical), kUrl, "")) == std::nullopt);
}

TEST_CASE("an address may be written in many ways") {
    const auto url = GENERATE(as<std::string>(), "http://rottentomatoes.com/m/heat", "/m/heat", "m/heat",
                              "//www.rottentomatoes.com/m/heat/", "HTTPS://WWW.RottenTomatoes.com/m/heat",
                              "https://www.rottentomatoes.com:443/m/heat?cmp=1#reviews", " /m/heat ");
    CAPTURE(url);
    CHECK(pageClaim(url).value == "m/heat");
    CHECK(addressOf(with(onlyWith(kCanonical), kUrl, url)) == "m/heat");
}

TEST_CASE("a page that says that it is another thing's is unreadable, wherever it says so") {
    const auto place = GENERATE_COPY(kCanonical, kOgUrl, kLdUrl);
    const auto url = GENERATE(as<std::string>(), "/m/the_long_quay/reviews", "m/the_long_quay/reviews",
                              "/celebrity/x", "/", "https://www.example.net/m/the_long_quay",
                              "https://www.rottentomatoes.com@example.net/m/the_long_quay",
                              "https://www.rottentomatoes.com.example.net/m/x",
                              "ftp://www.rottentomatoes.com/m/x", "javascript:void(0)", "http://[");
    CAPTURE(place, url);
    CHECK_THAT(whyUnreadable(with(filmPage(), place, with(place, kUrl, url))),
               Catch::StartsWith("it is the page of another thing"));
}

TEST_CASE("a page that says two addresses is unreadable") {
    const auto place = GENERATE_COPY(kCanonical, kOgUrl, kLdUrl);
    CAPTURE(place);
    const std::string other = with(place, "the_long_quay", "the_long_quay_2012");
    whyUnreadable(with(filmPage(), place, other));
    // Two of a kind, too, in either order.
    if (place != kLdUrl) {
        whyUnreadable(with(filmPage(), place, place + other));
        whyUnreadable(with(filmPage(), place, other + place));
        CHECK(addressOf(with(filmPage(), place, place + place)) == "m/the_long_quay");
    }
}

TEST_CASE("a difference in the case of letters is none, and the canonical link's is kept") {
    CHECK(addressOf(with(filmPage(), kOgUrl, with(kOgUrl, "the_long", "The_Long"))) == "m/the_long_quay");
    CHECK(addressOf(with(filmPage(), kCanonical, with(kCanonical, "the_long", "The_Long"))) ==
          "m/The_Long_quay");
}
