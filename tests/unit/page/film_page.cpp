#include "film_page.h"

#include <catch2/catch.hpp>

namespace rtbatch::test {

namespace {

constexpr const char* kHead = R"html(<!DOCTYPE html>
<html lang="en" dir="ltr">
  <head>
    <title>The Long Quay &amp; Other Stories | Rotten Tomatoes</title>
    <meta property="og:title" content="The Long Quay &amp; Other Stories | Rotten Tomatoes" />
    <meta property="og:type" content="video.movie" />
    <meta property="og:url" content="https://www.rottentomatoes.com/m/the_long_quay" />
    <link rel="canonical" href="https://www.rottentomatoes.com/m/the_long_quay" />
    <script id="mps-page-integration">
        window.mpscall = {"cag[certified_fresh]":"0","cag[fresh_rotten]":"rotten","cag[movieshow]":"The Long Quay & Other Stories","cag[rating]":"R","cag[release]":"Mar 2, 2012","cag[score]":"null","cag[urlid]":"/the_long_quay","cat":"movie|movie_page","title":"The Long Quay & Other Stories","type":"movie_page","site":"rottentomatoes-web"};
        var mpsopts={'host':'example.net', 'updatecorrelator':1};
    </script>
    <script type="application/ld+json">{"@context":"http://schema.org","@type":"Movie","actor":[{"@type":"Person","name":"Ann Example"}],"aggregateRating":{"@type":"AggregateRating","bestRating":"100","name":"Tomatometer","ratingCount":120,"ratingValue":"74","reviewCount":120,"worstRating":"0"},"dateCreated":"2014-01-27","name":"The Long Quay & Other Stories","url":"https://www.rottentomatoes.com/m/the_long_quay","video":{"@type":"VideoObject","name":"The Long Quay: Trailer 1","uploadDate":"2011-10-20T16:19:53"}}</script>
  </head>
)html";

constexpr const char* kCarouselAndHero = R"html(  <body class="body no-touch">
    <header><nav><tile-dynamic><score-icon-critics certified="false" sentiment="NEGATIVE"></score-icon-critics>
      <rt-text slot="critics-score">12%</rt-text><rt-text slot="audience-score">13%</rt-text></tile-dynamic></nav></header>
    <media-hero media-type="Movie"><rt-text slot="title">The Long Quay &amp; Other Stories</rt-text>
      <rt-text slot="collapsed-critics-score" context="label"></rt-text></media-hero>
    <script id="media-hero-json" data-json="mediaHero" type="application/json">
      {"content":{"metadataProps":["R","2012","1h 45m"],"title":"The Long Quay & Other Stories"}}
    </script>
)html";

constexpr const char* kScorecardElement = R"html(    <div class="media-scorecard no-border">
    <media-scorecard hide-audience-score="false" skeleton="panel">
        <rt-button slot="critics-score-icon" theme="transparent">
            <score-icon-critics certified="true" sentiment="POSITIVE" size="2.5"></score-icon-critics>
        </rt-button>
        <rt-text slot="critics-score" context="label" role="button">74%</rt-text>
        <rt-text slot="critics-score-type" class="critics-score-type">Tomatometer</rt-text>
        <rt-link slot="critics-reviews" href="/m/the_long_quay/reviews"> 120 Reviews </rt-link>
        <rt-button slot="audience-score-icon">
            <score-icon-audience certified="false" sentiment="POSITIVE"></score-icon-audience>
        </rt-button>
        <rt-text slot="audience-score" context="label" role="button">61%</rt-text>
        <div slot="description"><drawer-more><rt-text slot="content" size="1">Two men & a boat.</rt-text></drawer-more></div>
    </media-scorecard>
)html";

constexpr const char* kScorecardJson = R"html(    <media-scorecard-manager>
        <script
            id="media-scorecard-json"
            data-json="mediaScorecard"
            type="application/json"
        >
            {"audienceScore":{"certifiedFresh":"none","averageRating":"3.4","likedCount":61,"notLikedCount":39,"score":"61","scoreType":"VERIFIED","sentiment":"POSITIVE","certified":false,"scorePercent":"61%","title":"Popcornmeter"},"criticsScore":{"averageRating":"6.60","certified":true,"likedCount":89,"notLikedCount":31,"ratingCount":120,"reviewCount":120,"score":"74","sentiment":"POSITIVE","scorePercent":"74%","title":"Tomatometer"},"description":"Two men & a boat.","hideAudienceScore":false,"overlay":{"audienceAll":{"score":"17","scoreType":"ALL","sentiment":"NEGATIVE","certified":false,"scorePercent":"17%"},"audienceVerified":{"score":"61","scoreType":"VERIFIED","certified":false},"criticsAll":{"certified":true,"score":"74"},"criticsTop":{"certified":false,"likedCount":5,"notLikedCount":5,"score":"50","sentiment":"NEGATIVE"},"mediaType":"Movie"}}
        </script>
    </media-scorecard-manager>
    </div>
)html";

constexpr const char* kRest = R"html(    <where-to-watch-manager>
      <script id="where-to-watch-json" data-json="whereToWatch" type="application/json">
        {"affiliates":[],"director":"Bo Example","hasShowtimes":false,"releaseYear":"2011","title":"The Long Quay & Other Stories"}
      </script>
    </where-to-watch-manager>
    <section class="what-to-know">
      <div id="critics-consensus" class="consensus">
        <rt-text context="heading"><score-icon-critics certified="true"></score-icon-critics> Critics Consensus </rt-text>
        <p>Slow &amp; sure, <em>The Long Quay</em> is &ldquo;a treat&rdquo; for R&B fans
          – it’s fine.</p>
        <a href="/m/the_long_quay/reviews">Read Critics Reviews</a>
      </div>
      <hr />
      <div id="audience-consensus" class="consensus"><p>We liked it.</p></div>
    </section>
    <carousel-slider>
      <review-card-critic><score-icon-critics certified="false"></score-icon-critics></review-card-critic>
      <tile-dynamic><rt-text slot="critics-score">99%</rt-text><rt-text slot="audience-score">98%</rt-text></tile-dynamic>
    </carousel-slider>
  </body>
</html>
)html";

std::size_t place(const std::string& page, std::string_view text) {
    const std::size_t at = page.find(text);
    INFO("not in the page: " << text);
    REQUIRE(at != std::string::npos);
    return at;
}

}  // namespace

std::string filmPage() {
    return std::string(kHead) + kCarouselAndHero + kScorecardElement + kScorecardJson + kRest;
}

MovieFacts filmFacts() {
    return {.title = "The Long Quay & Other Stories",
            .year = 2011,
            .criticScore = 74,
            .audienceScore = 61,
            .certified = true,
            .consensus = "Slow & sure, The Long Quay is “a treat” for R&B fans – it’s fine.",
            .released = std::chrono::year(2012) / 3 / 2,
            .page = "m/the_long_quay"};
}

std::string with(std::string page, std::string_view from, std::string_view to) {
    for (std::size_t at = place(page, from); at != std::string::npos; at = page.find(from, at + to.size())) {
        page.replace(at, from.size(), to);
    }
    return page;
}

std::string without(std::string page, std::string_view first, std::string_view last) {
    const std::size_t at = place(page, first);
    const std::size_t end = page.find(last, at + first.size());
    REQUIRE(end != std::string::npos);
    page.erase(at, end + last.size() - at);
    return page;
}

std::string withoutScorecardJson(std::string page) {
    return without(std::move(page), "<media-scorecard-manager>", "</media-scorecard-manager>");
}

std::string withoutScorecardElement(std::string page) {
    return without(std::move(page), "<media-scorecard ", "</media-scorecard>");
}

std::string withoutWhereToWatch(std::string page) {
    return without(std::move(page), "<where-to-watch-manager>", "</where-to-watch-manager>");
}

std::string withoutMpscall(std::string page) {
    return without(std::move(page), "<script id=\"mps-page-integration\">", "</script>");
}

std::string withoutMediaHero(std::string page) {
    return without(std::move(page), "<script id=\"media-hero-json\"", "</script>");
}

std::string withoutJsonLd(std::string page) {
    return without(std::move(page), "<script type=\"application/ld+json\">", "</script>");
}

}  // namespace rtbatch::test
