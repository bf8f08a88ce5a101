#include <cmath>

#include "admin/status.h"
#include "admin/text.h"
#include "common/config/config.h"

namespace rtbatch {

namespace {

using Table = std::vector<std::vector<std::string>>;

void addCounts(Table& table, const std::string& name, const RowCounts& counts) {
    table.push_back({"  " + name, grouped(counts.all()), grouped(counts.fresh), grouped(counts.stale),
                     grouped(counts.missing), grouped(counts.notFound)});
}

std::string rowsText(const RowsByDemand& rows) {
    Table table{{"Rows by demand", "movies", "fresh", "stale", "missing", "not found"}};
    RowCounts all;
    int from = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string name = "the rest";
        if (i < kClassEnds.size()) {
            name = (i == 0 ? "the " : "the next ") + grouped(kClassEnds.at(i) - from) +
                   (i == 0 ? " most demanded" : "");
            from = kClassEnds.at(i);
        }
        addCounts(table, name, rows.at(i));
        all += rows.at(i);
    }
    addCounts(table, "all", all);
    return tableText(table);
}

/// Never rounded up to 100.0 %.
std::string percent(std::optional<double> ratio) {
    if (!ratio) {
        return "-";
    }
    const auto tenths = static_cast<int>(std::floor(*ratio * 1000 + 1e-9));
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void addServed(Table& table, const std::string& name, const ServedCounts& counts) {
    table.push_back({"  " + name, grouped(allOf(counts)), grouped(counts.cached), grouped(counts.stale),
                     grouped(counts.fetched), grouped(counts.notFound), grouped(counts.failed),
                     percent(hitRatio(counts))});
}

std::string holderText(const Holder& holder) {
    return holder.owner.describe() + " since " + timeText(holder.since) +
           (holder.owner.isDead() ? ", which has ended" : "");
}

std::string upstreamText(const UpstreamStatus& upstream) {
    std::string out = "  " + upstream.name + ": " + upstream.words + "\n    " +
                      std::to_string(upstream.held.size()) + " of " + std::to_string(upstream.capacity) +
                      " slots held, " + std::to_string(upstream.waiting.size()) + " waiting\n";
    for (const auto& slot : upstream.held) {
        out += "    slot " + std::to_string(slot.number) + ": " + holderText(slot.holder) + "\n";
    }
    for (const auto& place : upstream.waiting) {
        out += "    waiting for " + std::string(place.people ? "people" : "the refresher") + ": " +
               holderText(place.holder) + "\n";
    }
    return out;
}

std::string runText(const RunStatus& status) {
    const RefreshRun& run = status.run;
    std::string out = "    " + timeText(run.startedAt) + ": due " + grouped(run.due) + ", pages " +
                      grouped(run.pages) + ", renewed " + grouped(run.renewed) + ", not found " +
                      grouped(run.notFound) + ", failed " + grouped(run.failed);
    if (run.endedAt) {
        return out + "; ended by " + run.endedBy + " after " + spanText(*run.endedAt - run.startedAt) + "\n";
    }
    return out + (status.underWay ? "; under way" : "; it was killed") + "\n";
}

std::string refresherText(const Status& status) {
    std::string out = "Refresher\n  running: " +
                      (status.refresherLock ? holderText(*status.refresherLock) : std::string("no")) +
                      "\n  budget: " + grouped(status.budget) + " pages now; " +
                      grouped(status.pagesLastDay) + " of " + grouped(status.pagesPerDay) +
                      " asked for in the last 24 hours\n";
    out += status.runs.empty() ? "  it has never run; see conf/cron and conf/systemd\n"
                               : "  last runs (the last was " +
                                     relativeText(status.runs.front().run.startedAt, status.time) + "):\n";
    for (const auto& run : status.runs) {
        out += runText(run);
    }
    return out;
}

std::string idsText(const Status& status) {
    std::string out = "Rotten Tomatoes ids\n  " + grouped(status.rtIds.known) + " known, " +
                      grouped(status.rtIds.absent) + " known to be absent; " + grouped(status.rtIds.expired) +
                      " of them to be asked again\n";
    if (!status.sync) {
        return out + "  never synced; rtbatch-refresher sync-ids takes over the whole mapping\n";
    }
    const IdSync& sync = *status.sync;
    return out + "  last sync: begun " + timeText(sync.startedAt) + ", " +
           (sync.finished() ? "complete " + timeText(sync.endedAt)
                            : "not complete, it has come to '" + sync.after + "'") +
           "; " + grouped(sync.found) + " ids in " + grouped(sync.requests) + " requests\n";
}

}  // namespace

std::string statusText(const Status& status) {
    std::string out = "rtbatch " + version() + ", " + status.database + ", " + timeText(status.time) + "\n\n";
    out += rowsText(status.rows) + "\n";
    Table served{{"Answers", "movies", "cached", "stale", "fetched", "not found", "failed", "hits"}};
    addServed(served, "last hour", status.lastHour);
    addServed(served, "last day", status.lastDay);
    out += tableText(served) + "\nUpstreams\n";
    for (const auto& upstream : status.upstreams) {
        out += upstreamText(upstream);
    }
    out += "\n" + refresherText(status) + "\n" + idsText(status);
    return out;
}

}  // namespace rtbatch
