#include "common/page/claims.h"

namespace rtbatch {

std::string_view layerName(Layer layer) {
    switch (layer) {
        case Layer::scorecardJson:
            return "media-scorecard-json";
        case Layer::scorecardElement:
            return "media-scorecard";
        case Layer::whereToWatch:
            return "where-to-watch-json";
        case Layer::jsonLd:
            return "json-ld";
        case Layer::mpscall:
            return "mpscall";
        case Layer::mediaHero:
            return "media-hero-json";
        case Layer::head:
            return "head";
        case Layer::titleSuffix:
            return "title-suffix";
        case Layer::consensus:
            return "critics-consensus";
    }
    return "?";
}

}  // namespace rtbatch
