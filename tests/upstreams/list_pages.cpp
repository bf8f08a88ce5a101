#include "tests/upstreams/list_pages.h"

#include <map>

#include "tests/upstreams/page_parts.h"

namespace rtbatch::standin {

namespace {

constexpr std::string_view kBrowse = R"(<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
  <meta charset="utf-8" />
  <title>Movies Out Now in Theaters | Rotten Tomatoes</title>
  <link rel="canonical" href="https://www.rottentomatoes.com/browse/movies_in_theaters" />
</head>
<body class="body no-touch js-mptd-layout">
  <rt-header id="header-main" aria-label="navigation bar">
    <rt-header-nav slot="nav-dropdowns"><rt-header-nav-item slot="movies">
      <a slot="link" href="/browse/movies_in_theaters/sort:popular">Movies</a>
      <rt-header-nav-item-dropdown slot="dropdown"><ul class="cfp-wrap" slot="links">
        <li><a class="cfp-tile" href="/m/menu_film_of_the_week" data-qa="menu-link">Certified fresh pick</a></li>
        <li><a class="score-list-item" href="/tv/menu_series_of_the_week/s02">Popular series</a></li>
      </ul></rt-header-nav-item-dropdown>
    </rt-header-nav-item></rt-header-nav>
  </rt-header>
  <section class="trending-bar"><ul><li><a href="/m/trending_film">Trending film</a></li></ul></section>
  <main id="main_container" class="container rt-layout__content">
    <div id="main-page-content"><div class="discovery"><h1>Movies in theaters</h1>
      <div class="discovery-tiles"><div class="discovery-tiles__wrap" data-qa="discovery-media-list">{{tiles}}
      </div></div>
      <div class="padding">{{padding}}</div>
    </div></div>
  </main>
  <footer class="footer container"><a href="/m/footer_film">A film of the footer</a> <a href="/help_desk">Help</a></footer>
</body>
</html>
)";

/// The whole tile is a link, as where there is no trailer.
constexpr std::string_view kLinkedTile = R"(
        <div class="flex-container">
          <a class="js-tile-link" data-qa="discovery-media-list-item" href="/{{rtId}}">
            <tile-dynamic skeleton="panel" isvideo="false">
              <rt-img alt="{{title}}" class="posterImage" slot="image" src="https://images.example/poster.jpg"></rt-img>
              <div data-track="scores" slot="caption"><span class="p--small">{{title}}</span></div>
            </tile-dynamic>
          </a>
        </div>)";

/// Only its caption is.
constexpr std::string_view kPlayerTile = R"(
        <div class="flex-container"><div class="js-tile-link">
          <tile-dynamic skeleton="panel" isvideo="true">
            <button class="transparent" slot="imageAction"><span class="sr-only">Watch the trailer for {{title}}</span></button>
            <a data-track="scores" data-qa="discovery-media-list-item-caption" href="/{{rtId}}" slot="caption">
              <score-pairs-deprecated><score-icon-critics slot="criticsScoreIcon" size="1"></score-icon-critics></score-pairs-deprecated>
              <span class="p--small">{{title}}</span>
            </a>
          </tile-dynamic>
        </div></div>)";

constexpr std::string_view kGuide = R"(<!DOCTYPE html>
<html lang="en-US">
<head>
  <meta charset="utf-8" />
  <title>Essential Films | Rotten Tomatoes</title>
</head>
<body class="body wp-singular">
  <header id="header_brand_column"><nav><a href="https://www.rottentomatoes.com/m/menu_film_of_the_week">Pick</a></nav></header>
  <div class="body_main container"><div id="article_main_body" class="col"><div class="panel-rt">
    <div class="articleContentBody"><p>The films that one has to have seen.</p>{{items}}
    </div>
  </div></div></div>
  <div class="padding">{{padding}}</div>
  <footer id="foot"><a href="https://www.rottentomatoes.com/m/footer_film">A film of the footer</a></footer>
</body>
</html>
)";

constexpr std::string_view kItem = R"(
      <div class="row countdown-item" id="row-index-{{number}}">
        <div class="col-sm-6"><a class="article_movie_poster" href="https://www.rottentomatoes.com/{{rtId}}"><div><img alt="" class="article_poster" src="https://images.example/poster.jpg"></div></a></div>
        <div class="col-sm-18 countdown-item-content"><div class="article_movie_title"><h2><a href="https://www.rottentomatoes.com/{{rtId}}">{{title}}</a> <span class="subtle start-year">({{year}})</span></h2></div>
          <div class="info synopsis">It begins … <a class="" data-pageheader="" href="https://www.rottentomatoes.com/{{rtId}}?cmp=more" target="_top"> [More]</a></div>
          <div class="info cast">Starring: <a class="" href="//www.rottentomatoes.com/celebrity/al_pacino">Al Pacino</a></div>
        </div>
      </div>)";

std::string item(std::string_view shape, const Film& film, std::size_t number) {
    return fillIn(shape, {{"rtId", film.rtId},
                          {"title", escapeHtml(film.facts.title)},
                          {"year", film.facts.year ? std::to_string(*film.facts.year) : ""},
                          {"number", std::to_string(number)}});
}

std::string padding(std::size_t there, std::size_t bytes) {
    std::string blanks;
    for (std::size_t i = there; i < bytes; i += 80) {
        blanks.append(std::string(79, ' ')).append("\n");
    }
    return blanks;
}

}  // namespace

std::string browsePage(const std::vector<Film>& films, std::size_t bytes) {
    std::string tiles;
    for (std::size_t i = 0; i < films.size(); ++i) {
        tiles += item(i % 3 == 0 ? kLinkedTile : kPlayerTile, films[i], i);
        if (i % 10 == 9) {
            tiles += item(kPlayerTile, films[i / 2], i);
        }
    }
    return fillIn(kBrowse, {{"tiles", tiles}, {"padding", padding(tiles.size(), bytes)}});
}

std::string guidePage(const std::vector<Film>& films, std::size_t bytes) {
    std::string items;
    for (std::size_t i = films.size(); i > 0; --i) {
        items += item(kItem, films[i - 1], i);
    }
    return fillIn(kGuide, {{"items", items}, {"padding", padding(items.size(), bytes)}});
}

}  // namespace rtbatch::standin
