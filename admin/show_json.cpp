#include <Poco/JSON/Parser.h>

#include <exception>

#include "admin/json.h"
#include "admin/show.h"
#include "common/model/demand.h"

namespace rtbatch {

namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

/// The facts as an object; null when the row's text cannot be read.
Var factsJson(const std::string& text) {
    try {
        Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
        return parser.parse(text);
    } catch (const std::exception&) {
        return {};
    }
}

Var rowJson(const Showing& showing) {
    const auto& row = showing.movie.row;
    if (!row) {
        return {};
    }
    Object one = jsonObject();
    one.set("facts", factsJson(row->facts));
    one.set("rtId", row->rtId);
    one.set("fresh", !row->staleAt(showing.time));
    one.set("cachedAt", toRfc3339(row->cachedAt));
    one.set("expiresAt", toRfc3339(row->expiresAt));
    one.set("lifetimeReason", showing.lifetime);
    one.set("unchanged", row->unchanged);
    one.set("suspectSince", jsonTime(row->suspectAt));
    one.set("released", row->released ? Var(toRfc3339(*row->released).substr(0, 10)) : Var());
    return one;
}

Var demandJson(const Showing& showing) {
    const Demand& demand = showing.movie.due.demand;
    if (demand.requests == 0 && !demand.wantedPlace) {
        return {};
    }
    const auto when = [](Timestamp time) {
        return jsonTime(time == Timestamp{} ? std::nullopt : std::optional(time));
    };
    Object one = jsonObject();
    one.set("requests", demand.requests);
    one.set("fadedRequests", fadedRequests(demand, showing.time));
    one.set("firstAt", when(demand.firstAt));
    one.set("lastAt", when(demand.lastAt));
    one.set("wantedPlace", demand.wantedPlace ? Var(*demand.wantedPlace + 1) : Var());
    one.set("wantedAt", when(demand.wantedAt));
    return one;
}

Var rtIdJson(const std::optional<RtIdRecord>& record) {
    if (!record) {
        return {};
    }
    Object one = jsonObject();
    one.set("rtId", jsonValue(record->rtId));
    one.set("checkedAt", toRfc3339(record->checkedAt));
    one.set("believedUntil", toRfc3339(record->expiresAt));
    return one;
}

Var failureJson(const std::optional<FailureRecord>& failure) {
    if (!failure) {
        return {};
    }
    Object one = jsonObject();
    one.set("failures", failure->failures);
    one.set("failedAt", toRfc3339(failure->failedAt));
    one.set("retryAt", toRfc3339(failure->retryAt));
    one.set("message", failure->message);
    return one;
}

std::string wordOf(RefreshForecast::Kind kind) {
    switch (kind) {
        case RefreshForecast::Kind::due:
            return "due";
        case RefreshForecast::Kind::later:
            return "later";
        case RefreshForecast::Kind::heldBack:
            return "heldBack";
        case RefreshForecast::Kind::never:
            break;
    }
    return "never";
}

Object refreshJson(const RefreshForecast& refresh) {
    Object one = jsonObject();
    one.set("when", wordOf(refresh.kind));
    one.set("from", jsonTime(refresh.from));
    one.set("worth", jsonValue(refresh.worth));
    one.set("words", refresh.words);
    return one;
}

}  // namespace

std::string showJson(const Showing& showing) {
    Object all = jsonObject();
    all.set("imdbId", showing.id.string());
    all.set("time", toRfc3339(showing.time));
    all.set("row", rowJson(showing));
    all.set("demand", demandJson(showing));
    all.set("rtId", rtIdJson(showing.movie.rtId));
    all.set("failure", failureJson(showing.movie.failure));
    all.set("refresh", refreshJson(showing.refresh));
    Array pages;
    for (const auto& page : showing.movie.pages) {
        Object one = jsonObject();
        one.set("scrapedAt", toRfc3339(page.scrapedAt));
        one.set("outcome", page.outcome);
        one.set("criticScore", jsonValue(page.criticScore));
        one.set("audienceScore", jsonValue(page.audienceScore));
        one.set("detail", page.detail);
        pages.add(one);
    }
    all.set("pages", pages);
    return jsonText(all);
}

}  // namespace rtbatch
