#include "tests/upstreams/page_parts.h"

#include <array>

#include "common/model/facts.h"
#include "tests/upstreams/json_writing.h"

namespace rtbatch::standin {

namespace {

/// One side of the scorecard. A score that there is not takes its keys with it: `score`, `sentiment`,
/// `averageRating`, `scorePercent` and the critics' `certified` are absent then, the counts are not.
std::string scoreJson(std::optional<int> score, const std::string& type, bool certified, int reviews,
                      const std::string& reviewsUrl) {
    const bool critics = type.empty();
    std::string json = critics ? "{" : R"({"certifiedFresh":"none",)";
    if (score) {
        json += R"("averageRating":"3.9",)";
    }
    if (critics && score) {
        json += certified ? R"("certified":true,)" : R"("certified":false,)";
    }
    if (!critics) {
        json += R"("certified":false,"bandedRatingCount":"50+ Ratings","scoreType":")" + type + R"(",)";
    }
    const int liked = reviews * score.value_or(100) / 100;
    json += R"("likedCount":)" + std::to_string(liked) + R"(,"notLikedCount":)" +
            std::to_string(reviews - liked) + R"(,"reviewCount":)" + std::to_string(reviews) + ",";
    if (score) {
        json += R"("score":")" + std::to_string(*score) + R"(","sentiment":")" + sentiment(score) +
                R"(","scorePercent":")" + percent(score) + R"(",)";
    }
    return json + R"("reviewsPageUrl":)" + jsonString(reviewsUrl) + R"(,"title":")" +
           (critics ? "Tomatometer" : "Popcornmeter") + R"("})";
}

/// Another score than the film's, to be read by those who read the wrong place.
std::optional<int> otherThan(std::optional<int> score) {
    return score ? std::optional((*score + 37) % 101) : std::nullopt;
}

}  // namespace

std::string fillIn(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
    std::string out;
    while (true) {
        const std::size_t open = text.find("{{");
        out += text.substr(0, open);
        if (open == std::string_view::npos) {
            return out;
        }
        const std::size_t close = text.find("}}", open);
        out += values.at(std::string(text.substr(open + 2, close - open - 2)));
        text.remove_prefix(close + 2);
    }
}

std::string escapeHtml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string percent(std::optional<int> score) {
    return score ? std::to_string(*score) + "%" : "--";
}

std::string sentiment(std::optional<int> score) {
    if (!score) {
        return "";
    }
    return *score >= kFreshFrom ? "POSITIVE" : "NEGATIVE";
}

std::string scorecardJson(const Film& film) {
    const MovieFacts& facts = film.facts;
    const std::string base = "/" + film.rtId + "/reviews";
    const std::string critics = scoreJson(facts.criticScore, "", facts.certified, 286, base);
    const std::string audience =
        scoreJson(facts.audienceScore, "VERIFIED", false, 63, base + "/verified-audience");
    const std::string all =
        scoreJson(otherThan(facts.audienceScore), "ALL", false, 11317, base + "/all-audience");
    const std::string top = scoreJson(otherThan(facts.criticScore), "", !facts.certified, 58, base);
    return R"({"audienceScore":)" + audience + R"(,"criticsScore":)" + critics +
           R"(,"criticReviewHref":"/critics/self-submission/movie/0","description":)" +
           jsonString("Made for trying things out: \"" + facts.title + "\" </em> & more.") +
           R"(,"hideAudienceScore":false,"overlay":{"audienceAll":)" + all +
           R"(,"audienceTitle":"Popcornmeter","audienceVerified":)" + audience + R"(,"criticsAll":)" +
           critics + R"(,"criticsTitle":"Tomatometer","criticsTop":)" + top +
           R"(,"hasAudienceAll":true,"hasCriticsTop":true,"mediaType":")" +
           (film.rtId.starts_with("tv/") ? "TvSeries" : "Movie") +
           R"("},"primaryImageUrl":"https://images.example/poster.jpg"})";
}

std::string linkedDataJson(const Film& film) {
    const bool series = film.rtId.starts_with("tv/");
    std::string json = R"({"@context":"http://schema.org","@type":")";
    json += series ? "TVSeries" : "Movie";
    json +=
        R"(","actor":[{"@type":"Person","name":"An Actor","sameAs":"https://www.rottentomatoes.com/celebrity/x"}])";
    if (film.facts.criticScore) {
        json += R"(,"aggregateRating":{"@type":"AggregateRating","bestRating":"100","name":"Tomatometer",)"
                R"("ratingCount":286,"ratingValue":")" +
                std::to_string(*film.facts.criticScore) + R"(","reviewCount":286,"worstRating":"0"})";
    }
    if (film.facts.year) {
        // A film's is often the day it came to a streaming service.
        json += R"(,"contentRating":"PG-13","dateCreated":")" +
                std::to_string(*film.facts.year + (series ? 0 : 1)) + R"(-01-27")";
    }
    return json + R"(,"genre":["Drama"],"name":)" +
           jsonString(film.nameOnPage.empty() ? film.facts.title : film.nameOnPage) +
           R"(,"url":"https://www.rottentomatoes.com/)" +
           (film.address.empty() ? film.place() : film.address) +
           R"(","video":{"@type":"VideoObject","name":"Another Film: Trailer","uploadDate":"2031-10-20T16:19:53"}})";
}

std::string releaseText(const MovieFacts& facts) {
    constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!facts.released) {
        return facts.year ? std::to_string(*facts.year) : "";
    }
    const std::chrono::year_month_day date(*facts.released);
    return std::string(kMonths.at(static_cast<unsigned>(date.month()) - 1)) + ' ' +
           std::to_string(static_cast<unsigned>(date.day())) + ", " +
           std::to_string(static_cast<int>(date.year()));
}

std::string otherFilms(std::size_t bytes) {
    constexpr std::string_view kTile = R"(
      <a class="cfp-tile" href="/m/another_film_{{n}}" data-qa="cert-fresh-link">
        <tile-dynamic skeleton="panel" data-qa="tile">
          <rt-img alt="Another Film {{n}} poster image" slot="image" loading="lazy"
              src="https://images.example/{{n}}/206x305/poster.jpg"></rt-img>
          <div slot="caption" data-track="scores">
            <div class="score-wrap">
              <score-icon-critics certified="{{certified}}" sentiment="POSITIVE" size="1" slot="critics-score-icon"></score-icon-critics>
              <rt-text slot="critics-score" class="critics-score" size="1" context="label">{{critics}}%</rt-text>
              <score-icon-audience certified="false" sentiment="NEGATIVE" size="1"></score-icon-audience>
              <rt-text slot="audience-score" size="1" context="label">{{audience}}%</rt-text>
            </div>
            <span class="p--small">Another Film {{n}} &amp; Its Long Name</span>
          </div>
        </tile-dynamic>
      </a>)";
    constexpr std::string_view kReview = R"(
      <review-card-critic aria-hidden="false" data-qa="review-{{n}}">
        <rt-text slot="name" context="label">A Critic, No. {{n}}</rt-text>
        <score-icon-critics slot="score" sentiment="NEGATIVE" size="1.5" certified="{{certified}}"></score-icon-critics>
        <rt-text slot="createDate">Feb {{critics}}, 1987</rt-text>
        <p slot="review" class="consensus">“It is a film of {{audience}} minutes” – and I saw each of them…</p>
      </review-card-critic>)";
    std::string out;
    for (int n = 1; out.size() < bytes; ++n) {
        out += fillIn(n % 3 == 0 ? kReview : kTile, {{"n", std::to_string(n)},
                                                     {"certified", n % 2 == 0 ? "true" : "false"},
                                                     {"critics", std::to_string(n * 17 % 101)},
                                                     {"audience", std::to_string(n * 29 % 101)}});
    }
    return out;
}

}  // namespace rtbatch::standin
