#include <catch2/catch.hpp>

#include "film_page.h"
#include "reading.h"

using namespace rtbatch;
using namespace rtbatch::test;

namespace {

const std::string kText = "A patient drama that trusts its silences.";
const std::string kHeading = R"(<rt-text context="heading">Critics Consensus</rt-text>)";

/// The consensus of a film's page with `inside` in its section.
std::optional<std::string> consensus(const std::string& inside) {
    const std::string section = R"(<div id="critics-consensus" class="consensus">)" + inside + "</div>";
    const std::string page =
        with(without(filmPage(), R"(<div id="critics-consensus")", "</div>"), "<hr />", section + "<hr />");
    return facts(page).consensus;
}

}  // namespace

TEST_CASE("the consensus is all the text of its section, whatever the text stands in") {
    const auto inside = GENERATE(
        as<std::string>(), "<p>A patient drama that trusts its silences.</p>",
        "<div>A patient drama that trusts its silences.</div>", "A patient drama that trusts its silences.",
        "<ul><li>A patient drama that trusts its silences.</li></ul>",
        "<span>A patient drama</span> <span>that trusts its silences.</span>",
        "<p>A patient drama</p><p>that trusts its silences.</p>",
        "<p>A patient drama <div class=\"more\">that trusts its silences.</div></p>",
        "<p>A patient <rt-link href=\"/g/drama\">drama</rt-link> that trusts its silences.</p>",
        "<p>A patient <a href=\"/g/drama\">drama</a> that trusts its silences.</p>",
        "<p>A patient <a href=\"/g/drama\">drama</a> <em>that</em> trusts its silences.</p>",
        "<p>A <em>patient</em> drama<br>that trusts its silences.</p>",
        "<blockquote><p>A patient drama that trusts its silences.</p></blockquote>",
        "<p>A patient drama that trusts its <a href=\"/x\">silences.</a></p>",
        "<rt-text>A patient drama that trusts its silences.</rt-text>");
    CAPTURE(inside);
    CHECK(consensus(inside) == kText);
    CHECK(consensus(kHeading + inside) == kText);
    CHECK(consensus(kHeading + inside + R"(<a href="/m/x/reviews">Read Critics Reviews</a>)") == kText);
    CHECK(consensus(inside + "<template><p>Skeleton.</p></template><!-- <p>No.</p> -->") == kText);
}

TEST_CASE("the heading is no part of the consensus, whatever it is written as") {
    const auto heading = GENERATE(
        as<std::string>(), "<p class=\"label\">Critics Consensus</p>", "<h2>Critics Consensus</h2>",
        "<h3>Quiet Harbor</h3>", "<span>Critics Consensus</span><br>", "<strong>Critics Consensus:</strong> ",
        "<div><rt-text>Critics&rsquo; Consensus</rt-text></div>", "<p><b>CRITICS CONSENSUS</b></p>",
        "Critics Consensus: ", "<dt>Consensus</dt>", "<p>The Critics Consensus</p>", "<header>What</header>",
        "<p><score-icon-critics certified=\"true\"></score-icon-critics> Critics Consensus</p>");
    CAPTURE(heading);
    CHECK(consensus(heading + "<p>" + kText + "</p>") == kText);
}

TEST_CASE("links and buttons beside the consensus are no part of it") {
    const auto rest =
        GENERATE(as<std::string>(), " <a href=\"/r\">Read Critics Reviews</a>",
                 " <rt-link href=\"/r\">See All Reviews</rt-link>", "<a href=\"/r\">120 Reviews</a>",
                 "<button>Read More</button>", "<rt-button>More</rt-button>", "<button>Share</button>",
                 "<a href=\"/r\"><img src=\"x\"></a>", "<rt-icon>x</rt-icon>");
    CAPTURE(rest);
    CHECK(consensus("<p>" + kText + rest + "</p>") == kText);
    CHECK(consensus("<p>" + kText + "</p>" + rest) == kText);
}

TEST_CASE("a consensus of several sentences is whole") {
    CHECK(consensus("<p>It is slow.</p><p>It is fine!</p>") == "It is slow. It is fine!");
    CHECK(consensus("<p>All style.</p>") == "All style.");
    CHECK(consensus("<p>Wait…</p>") == "Wait…");
    CHECK(consensus("<p>A pa&shy;tient&#8203; drama.</p>") == "A patient drama.");
    CHECK(consensus("<p>A film to <a href=\"/x\">see</a> twice.</p>") == "A film to see twice.");
    CHECK(consensus("<p><a href=\"/c/x\">Bo Example</a> is <em>fine</em>, “a treat.”</p>") ==
          "Bo Example is fine, “a treat.”");
    CHECK(consensus("<p>Rock &amp;amp; roll&#39;s ’80s.</p>") == "Rock & roll's ’80s.");
}

TEST_CASE("a consensus that may be another text, or half of one, is unknown") {
    const auto inside = GENERATE(
        as<std::string>(), "<p>A caf\xe9 drama.</p>", "<p>A caf\xEF\xBF\xBD drama.</p>",
        "<p>The Verdict</p><p>A patient drama.</p>",                     // a label
        "<p>A patient drama.</p><p>Certified Fresh</p>",                 // another
        "<p>A patient drama.</p><p hidden>It trusts its silences.</p>",  // a text that unfolds
        "<p>A patient drama.</p><div id=\"audience-consensus\"><p>We liked it.</p></div>",
        "<p>A patient drama.</p><x-note>Sponsored.</x-note>",
        "<p>A patient drama that trusts its <rt-link href=\"/x\">silences.</rt-link></p>",
        "<p>A patient <rt-link href=\"/x\">drama</rt-link>-thriller.</p>",
        "<p>A film that one should <a href=\"/x\">see</a></p>",
        "<p>It is slow.</p><a href=\"/x\">It is fine.</a>",
        "<p>A patient drama… <a href=\"/x\">Read more</a></p>", "<p>A patient drama...<button>x</button></p>",
        "<p>A patient drama.</p><h3>Audience Says</h3><p>We liked it.</p>",
        "<blockquote>A patient drama.<cite>Rotten Tomatoes</cite></blockquote>",
        "<p>A patient drama.<sup>1</sup></p>", "<p>A patient drama. <small>Updated in 2024.</small></p>",
        "<p>A patient drama.<>/p>", "<p>A patient drama=\"/m/x/reviews\">Read Critics Reviews",
        "<p>A patient drama. Read Critics Reviews</p>",
        "<p>It is slow.</p><p>Critics Consensus: it is fine.</p>");
    CAPTURE(inside);
    CHECK(consensus(inside) == std::nullopt);
}

TEST_CASE("a section without a consensus has none") {
    const auto inside = GENERATE(as<std::string>(), "", "<p></p>", "<p>No consensus yet.</p>", "<p>--</p>",
                                 "<p>…</p>", "<p>N/A</p>", "<template><p>A patient drama.</p></template>",
                                 "<a href=\"/r\">Read Critics Reviews</a>");
    CAPTURE(inside);
    CHECK(consensus(kHeading + inside) == std::nullopt);
}
