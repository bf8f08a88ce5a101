#include <cmath>

#include "admin/json.h"
#include "admin/status.h"
#include "common/config/config.h"

namespace rtbatch {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

Array rowsJson(const RowsByDemand& rows) {
    Array classes;
    int from = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const RowCounts& counts = rows.at(i);
        Object one = jsonObject();
        one.set("fromPlace", from + 1);
        const bool bounded = i < kClassEnds.size();
        one.set("toPlace", jsonValue(bounded ? std::optional(kClassEnds.at(i)) : std::nullopt));
        one.set("movies", counts.all());
        one.set("fresh", counts.fresh);
        one.set("stale", counts.stale);
        one.set("missing", counts.missing);
        one.set("notFound", counts.notFound);
        classes.add(one);
        from = bounded ? kClassEnds.at(i) : from;
    }
    return classes;
}

Object servedJson(const ServedCounts& counts) {
    constexpr double kPlaces = 10000;
    auto ratio = hitRatio(counts);
    if (ratio) {
        ratio = std::floor(*ratio * kPlaces + 1e-9) / kPlaces;
    }
    Object one = jsonObject();
    one.set("movies", allOf(counts));
    one.set("cached", counts.cached);
    one.set("stale", counts.stale);
    one.set("fetched", counts.fetched);
    one.set("notFound", counts.notFound);
    one.set("failed", counts.failed);
    one.set("hitRatio", jsonValue(ratio));
    return one;
}

void setHolder(Object& object, const Holder& holder) {
    object.set("host", holder.owner.host());
    object.set("pid", holder.owner.pid());
    object.set("since", toRfc3339(holder.since));
    object.set("until", toRfc3339(holder.until));
    object.set("dead", holder.owner.isDead());
}

std::string wordOf(UpstreamCondition condition) {
    switch (condition) {
        case UpstreamCondition::works:
            return "works";
        case UpstreamCondition::waits:
            return "waits";
        case UpstreamCondition::probing:
            return "probing";
        case UpstreamCondition::suspended:
            return "suspended";
        case UpstreamCondition::unknown:
            break;
    }
    return "unknown";
}

Object upstreamJson(const UpstreamStatus& status) {
    Object one = jsonObject();
    one.set("name", status.name);
    one.set("condition", wordOf(status.condition));
    one.set("words", status.words);
    one.set("failures", status.state.failures);
    one.set("forbidden", status.state.forbidden);
    one.set("redirected", status.state.redirected);
    one.set("until", jsonTime(status.until));
    const bool suspended = status.state.suspendedAt != Timestamp{};
    one.set("suspendedSince", jsonTime(suspended ? std::optional(status.state.suspendedAt) : std::nullopt));
    one.set("slots", status.capacity);
    Array held;
    for (const auto& slot : status.held) {
        Object entry = jsonObject();
        entry.set("slot", slot.number);
        setHolder(entry, slot.holder);
        held.add(entry);
    }
    one.set("held", held);
    Array waiting;
    for (const auto& place : status.waiting) {
        Object entry = jsonObject();
        entry.set("for", place.people ? "people" : "refresher");
        setHolder(entry, place.holder);
        waiting.add(entry);
    }
    one.set("waiting", waiting);
    return one;
}

Object runJson(const RunStatus& status) {
    const RefreshRun& run = status.run;
    Object one = jsonObject();
    one.set("startedAt", toRfc3339(run.startedAt));
    one.set("endedAt", jsonTime(run.endedAt));
    one.set("underWay", status.underWay);
    one.set("due", run.due);
    one.set("pages", run.pages);
    one.set("renewed", run.renewed);
    one.set("notFound", run.notFound);
    one.set("failed", run.failed);
    one.set("endedBy", run.endedBy);
    return one;
}

Object refresherJson(const Status& status) {
    Object one = jsonObject();
    if (status.refresherLock) {
        Object lock = jsonObject();
        setHolder(lock, *status.refresherLock);
        one.set("lock", lock);
    } else {
        one.set("lock", Poco::Dynamic::Var());
    }
    one.set("pagesPerDay", status.pagesPerDay);
    one.set("pagesLastDay", status.pagesLastDay);
    one.set("budget", status.budget);
    Array runs;
    for (const auto& run : status.runs) {
        runs.add(runJson(run));
    }
    one.set("runs", runs);
    return one;
}

Object idsJson(const Status& status) {
    Object one = jsonObject();
    one.set("known", status.rtIds.known);
    one.set("absent", status.rtIds.absent);
    one.set("expired", status.rtIds.expired);
    if (!status.sync) {
        one.set("sync", Poco::Dynamic::Var());
        return one;
    }
    Object sync = jsonObject();
    sync.set("startedAt", toRfc3339(status.sync->startedAt));
    sync.set("endedAt",
             jsonTime(status.sync->finished() ? std::optional(status.sync->endedAt) : std::nullopt));
    sync.set("after", status.sync->after);
    sync.set("requests", status.sync->requests);
    sync.set("found", status.sync->found);
    one.set("sync", sync);
    return one;
}

}  // namespace

std::string statusJson(const Status& status) {
    Object all = jsonObject();
    all.set("version", version());
    all.set("database", status.database);
    all.set("time", toRfc3339(status.time));
    all.set("rows", rowsJson(status.rows));
    Object served = jsonObject();
    served.set("lastHour", servedJson(status.lastHour));
    served.set("lastDay", servedJson(status.lastDay));
    all.set("served", served);
    Array upstreams;
    for (const auto& upstream : status.upstreams) {
        upstreams.add(upstreamJson(upstream));
    }
    all.set("upstreams", upstreams);
    all.set("refresher", refresherJson(status));
    all.set("rtIds", idsJson(status));
    return jsonText(all);
}

}  // namespace rtbatch
