#include "common/page/reader_check.h"

namespace rtbatch {

std::string_view knownPage() {
    return R"(<!DOCTYPE html><html><head><title>A Known Film | Rotten Tomatoes</title>
<meta property="og:title" content="A Known Film | Rotten Tomatoes"><meta property="og:type" content="video.movie">
<link rel="canonical" href="https://www.rottentomatoes.com/m/a_known_film">
<script type="application/ld+json">{"@type":"Movie","name":"A Known Film","url":"https://www.rottentomatoes.com/m/a_known_film"}</script>
</head><body>
<script id="media-scorecard-json" type="application/json">{"audienceScore":{"score":"71","sentiment":"POSITIVE","scorePercent":"71%"},
"criticsScore":{"certified":true,"score":"88","sentiment":"POSITIVE","scorePercent":"88%"},"hideAudienceScore":false}</script>
<script id="where-to-watch-json" type="application/json">{"releaseYear":"1990","title":"A Known Film"}</script>
</body></html>
)";
}

bool isKnownPage(const Reading& reading) {
    const auto* facts = std::get_if<MovieFacts>(&reading);
    return facts != nullptr && *facts == MovieFacts{.title = "A Known Film",
                                                    .year = 1990,
                                                    .criticScore = 88,
                                                    .audienceScore = 71,
                                                    .certified = true,
                                                    .page = "m/a_known_film"};
}

}  // namespace rtbatch
