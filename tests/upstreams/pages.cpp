#include "tests/upstreams/pages.h"

#include <map>
#include <mutex>

#include "tests/upstreams/json_writing.h"
#include "tests/upstreams/page_parts.h"

namespace rtbatch::standin {

namespace {

constexpr std::string_view kFilmPage = R"(<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns="http://www.w3.org/1999/xhtml" prefix="og: http://opengraphprotocol.org/schema/">
<head prefix="og: http://ogp.me/ns#">
  <script>const token = sessionStorage.getItem('token'); if (1 < 2 && token) { window.x = "<media-scorecard>"; }</script>
  <meta charset="utf-8" />
  <title>{{name}} | Rotten Tomatoes</title>
  <meta property="og:site_name" content="Rotten Tomatoes" />
  <meta property="og:title" content="{{nameAttribute}} | Rotten Tomatoes" />
  <meta property="og:type" content="video.movie" />
  <meta property="og:url" content="https://www.rottentomatoes.com/{{address}}" />
  <link rel="canonical" href="https://www.rottentomatoes.com/{{address}}" />
  <script id="mps-page-integration">
    window.mpscall = {"cag[certified_fresh]":"0","cag[fresh_rotten]":"rotten","cag[genre]":"Drama","cag[movieshow]":{{titleJson}},"cag[rating]":"R","cag[release]":"{{release}}","cag[score]":"null","cag[urlid]":"/x","cat":"movie|movie_page","title":{{titleJson}},"type":"movie_page"};
  </script>
{{linkedData}}
</head>
<body class="body no-touch js-mptd-layout" data-SearchResultsNavManager="body">
  <header id="header-main"><nav><carousel-slider tile-width="140px">{{before}}
  </carousel-slider></nav></header>
{{scorecard}}
{{whereToWatch}}
{{consensus}}
  <section class="media-carousel"><carousel-slider>{{after}}
  </carousel-slider></section>
</body>
</html>
)";

constexpr std::string_view kScorecard = R"(
  <div id="modules-wrap">
    <media-scorecard hide-audience-score="false" skeleton="panel" data-MediaScorecardManager="mediaScorecard">
      <rt-img alt="poster image" loading="lazy" slot="poster-image" src="https://images.example/poster.jpg"></rt-img>
      <rt-button slot="critics-score-icon" data-MediaScorecardManager="overlayOpen:click" theme="transparent">
        <score-icon-critics certified="{{certified}}" sentiment="{{criticsSentiment}}" size="2.5"></score-icon-critics>
      </rt-button>
      <rt-text slot="critics-score" context="label" role="button" size="1.375">{{critics}}</rt-text>
      <rt-text slot="critics-score-type" class="critics-score-type" role="button" size="0.75">Tomatometer</rt-text>
      <rt-link slot="critics-reviews" size="small" href="/{{rtId}}/reviews">286 Reviews</rt-link>
      <rt-button slot="audience-score-icon" theme="transparent">
        <score-icon-audience certified="false" size="2.5" sentiment="{{audienceSentiment}}"></score-icon-audience>
      </rt-button>
      <rt-text slot="audience-score" context="label" role="button" size="1.375">{{audience}}</rt-text>
      <rt-text slot="audience-score-type" class="audience-score-type" role="button" size="0.75">Popcornmeter</rt-text>
      <div slot="description"><drawer-more max-lines="2"><rt-text slot="content" size="1">A film.</rt-text></drawer-more></div>
    </media-scorecard>
    <media-scorecard-manager>
      <script id="media-scorecard-json" data-json="mediaScorecard" type="application/json">
        {{scorecardJson}}
      </script>
    </media-scorecard-manager>
  </div>)";

constexpr std::string_view kWhereToWatch = R"(
  <where-to-watch-manager>
    <script id="where-to-watch-json" data-json="whereToWatch" type="application/json">
      {"affiliates":[],"affiliatesText":"","director":"A Director","hasShowtimes":false,"releaseYear":"{{year}}","title":{{titleJson}}}
    </script>
  </where-to-watch-manager>)";

constexpr std::string_view kConsensusSection = R"(
  <section aria-labelledby="what-to-know-label" class="what-to-know" data-qa="section:what-to-know">
    <h2 class="unset" id="what-to-know-label"><rt-text context="heading">What to Know</rt-text></h2>
    <div class="content">{{critics}}
      <hr />
      <div id="audience-consensus" class="consensus">
        <rt-text context="heading"><score-icon-audience certified="false" size="1"></score-icon-audience>Audience Says</rt-text>
        <p>What the <em>audience</em> says is another thing.</p>
      </div>
    </div>
  </section>)";

constexpr std::string_view kCriticsConsensus = R"(
      <div id="critics-consensus" class="consensus">
        <rt-text context="heading">
          <score-icon-critics certified="{{certified}}" sentiment="POSITIVE" size="1"></score-icon-critics>
          Critics Consensus
        </rt-text>
        <p>{{text}}</p>
        <a href="/{{rtId}}/reviews">Read Critics Reviews</a>
      </div>)";

constexpr std::string_view kHomePage = R"(<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
  <meta charset="utf-8" />
  <title>Rotten Tomatoes: Movies | TV Shows | Movie Trailers | Reviews | Rotten Tomatoes</title>
  <meta property="og:title" content="Rotten Tomatoes: Movies | TV Shows | Movie Trailers | Reviews" />
</head>
<body class="body no-touch">
  <h1>{{heading}}</h1>
  <carousel-slider>{{films}}
  </carousel-slider>
</body>
</html>
)";

constexpr std::string_view kOldDesign = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8" /><title>{{title}} - Rotten Tomatoes</title></head>
<body>
  <score-board audiencestate="upright" audiencescore="{{audience}}" class="scoreboard" rating="R"
      tomatometerstate="fresh" tomatometerscore="{{critics}}" data-qa="score-panel">
    <h1 slot="title" class="scoreboard__title">{{title}}</h1>
    <p slot="info" class="scoreboard__info">{{year}}, Drama, 1h 59m</p>
  </score-board>
  <section class="what-to-know"><p data-qa="critics-consensus">A consensus of old.</p></section>
{{films}}
</body>
</html>
)";

constexpr std::string_view kNextDesign = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8" /><title>{{title}} on Rotten Tomatoes</title></head>
<body>
  <main class="film"><h1>{{title}}</h1><p class="year">{{year}}</p>
  <film-score kind="press" value="{{critics}}"></film-score><film-score kind="people" value="{{audience}}"></film-score></main>
  <aside>{{films}}
  </aside>
</body>
</html>
)";

/// otherFilms() of a size, made once: it is most of every page.
const std::string& padding(std::size_t bytes) {
    static std::mutex mutex;
    static std::map<std::size_t, std::string> made;
    const std::lock_guard lock(mutex);
    const auto found = made.find(bytes);
    return found != made.end() ? found->second : made.emplace(bytes, otherFilms(bytes)).first->second;
}

std::string yearText(const Film& film) {
    return film.facts.year ? std::to_string(*film.facts.year) : "";
}

std::string consensusSection(const Film& film) {
    std::string critics;
    if (film.facts.consensus) {
        critics = fillIn(
            kCriticsConsensus,
            {{"certified", film.facts.certified ? "true" : "false"},
             {"rtId", film.rtId},
             {"text", film.consensusHtml.empty() ? escapeHtml(*film.facts.consensus) : film.consensusHtml}});
    }
    return fillIn(kConsensusSection, {{"critics", critics}});
}

std::string scorecard(const Film& film) {
    return fillIn(kScorecard, {{"rtId", film.rtId},
                               {"certified", film.facts.certified ? "true" : "false"},
                               {"critics", percent(film.facts.criticScore)},
                               {"audience", percent(film.facts.audienceScore)},
                               {"criticsSentiment", sentiment(film.facts.criticScore)},
                               {"audienceSentiment", sentiment(film.facts.audienceScore)},
                               {"scorecardJson", scorecardJson(film)}});
}

std::string pageWith(const Film& film, std::size_t bytes, const std::string& scorecardPart,
                     const std::string& linkedData) {
    const std::string& name = film.nameOnPage.empty() ? film.facts.title : film.nameOnPage;
    const std::string year = yearText(film);
    const std::string titleJson = jsonString(film.facts.title);
    const bool watchable = film.whereToWatch && !film.rtId.starts_with("tv/");
    return fillIn(
        kFilmPage,
        {{"name", name},  // a raw & is met in titles
         {"nameAttribute", escapeHtml(name)},
         {"rtId", film.rtId},
         {"address", film.address.empty() ? film.place() : film.address},
         {"titleJson", titleJson},
         {"release", releaseText(film.facts)},
         {"linkedData", linkedData},
         {"before", padding(bytes / 4)},
         {"scorecard", scorecardPart},
         {"whereToWatch", watchable ? fillIn(kWhereToWatch, {{"year", year}, {"titleJson", titleJson}}) : ""},
         {"consensus", consensusSection(film)},
         {"after", padding(bytes - bytes / 4)}});
}

std::string linkedData(const Film& film) {
    return R"(  <script type="application/ld+json">)" + linkedDataJson(film) + "</script>";
}

std::string plainPage(std::string_view design, const Film& film, std::size_t bytes) {
    return fillIn(design, {{"title", escapeHtml(film.facts.title)},
                           {"year", yearText(film)},
                           {"critics", std::to_string(film.facts.criticScore.value_or(50))},
                           {"audience", std::to_string(film.facts.audienceScore.value_or(50))},
                           {"films", padding(bytes)}});
}

}  // namespace

std::string filmPage(const Film& film, std::size_t bytes) {
    return pageWith(film, bytes, scorecard(film), linkedData(film));
}

std::string notFoundPage(std::size_t bytes) {
    return fillIn(kHomePage, {{"heading", "404 - Not Found"}, {"films", padding(bytes * 2 / 3)}});
}

std::string homePage(std::size_t bytes) {
    return fillIn(kHomePage, {{"heading", "New &amp; Upcoming"}, {"films", padding(bytes)}});
}

std::string pageWithoutScorecard(const Film& film, std::size_t bytes) {
    return pageWith(film, bytes, "", linkedData(film));
}

std::string pageWithoutPlaces(const Film& film, std::size_t bytes) {
    return plainPage(kNextDesign, film, bytes);
}

std::string oldDesignPage(const Film& film, std::size_t bytes) {
    return plainPage(kOldDesign, film, bytes);
}

std::string blockedPage() {
    return "<!DOCTYPE html>\n<html><head><title>Access to this page has been denied</title></head>\n"
           "<body><h1>Please verify you are a human</h1><div id=\"challenge\"></div>\n"
           "<script>window._reference = \"0.8f0d2e17\";</script></body></html>\n";
}

std::string crashPage() {
    return "<button <div=</div><!D p>M";
}

}  // namespace rtbatch::standin
