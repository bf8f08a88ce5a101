#include "admin/status.h"

#include <charconv>
#include <utility>

#include "admin/text.h"
#include "common/fetch/breaker.h"
#include "common/fetch/slot_line.h"
#include "common/refresh/candidate.h"
#include "common/setup/setup.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

constexpr int kLastRuns = 5;

Holder holderOf(const LeaseRow& lease) {
    return {Owner::parse(lease.owner), lease.acquiredAt, lease.expiresAt};
}

std::string failuresText(const UpstreamState& state) {
    if (state.forbidden > 0) {
        return "403 " + std::to_string(state.forbidden) + " times in a row";
    }
    if (state.redirected > 1) {
        return "the last " + std::to_string(state.redirected) + " pages were redirected away";
    }
    return state.failures == 1 ? "the last request failed"
                               : "the last " + std::to_string(state.failures) + " requests failed";
}

std::string shutText(const UpstreamState& state, Timestamp time) {
    return "until " + timeText(state.shutUntil) + " (" + relativeText(state.shutUntil, time) + ")";
}

/// The markup guard's words, or the breaker's.
void explain(UpstreamStatus& status, const Consent& consent, Timestamp time) {
    const UpstreamState& state = status.state;
    const bool waits = consent.kind == Consent::Kind::wait && !consent.probing;
    if (waits) {
        status.until = state.shutUntil;
    }
    if (state.suspendedAt != Timestamp{}) {
        status.condition = UpstreamCondition::suspended;
        status.words = "markup changed? nothing is written since " + timeText(state.suspendedAt) +
                       "; one page in 5 minutes is tried, the next " +
                       (waits ? relativeText(state.shutUntil, time) : "now");
    } else if (waits) {
        status.condition = UpstreamCondition::waits;
        status.words =
            (state.open ? failuresText(state) + "; left alone " : "it asked for a pause; left alone ") +
            shutText(state, time);
    } else if (consent.kind == Consent::Kind::go) {
        status.condition = UpstreamCondition::works;
        status.words =
            state.failures == 0 && state.forbidden == 0 ? "works" : "works; " + failuresText(state);
    } else {
        status.condition = UpstreamCondition::probing;
        status.words = failuresText(state) + "; " +
                       (consent.probing ? "one request is out to try it" : "the next request tries it");
    }
}

/// A slot `slot.rt.1`, or a place in the line `slot.rt.wait.0.OWNER`.
void addLease(UpstreamStatus& status, const LeaseRow& lease) {
    const std::string rest = lease.name.substr(("slot." + status.name + ".").size());
    const std::string wait = "wait.";
    if (!rest.starts_with(wait)) {
        HeldSlot slot{.holder = holderOf(lease)};
        std::from_chars(rest.data(), rest.data() + rest.size(), slot.number);
        status.held.push_back(std::move(slot));
        return;
    }
    const auto dot = rest.find('.', wait.size());
    const std::string priority = rest.substr(wait.size(), dot - wait.size());
    status.waiting.push_back({priority == "0", holderOf(lease)});
}

std::vector<RunStatus> readRuns(RefreshTable& table, const std::optional<Holder>& lock) {
    std::vector<RunStatus> runs;
    for (RefreshRun& run : table.lastRuns(kLastRuns)) {
        const bool underWay = !run.endedAt && lock && Owner::parse(run.owner) == lock->owner;
        runs.push_back({std::move(run), underWay});
    }
    return runs;
}

}  // namespace

UpstreamStatus readUpstreamStatus(Store& store, Upstream upstream, int capacity) {
    UpstreamStatus status{.name = nameOf(upstream), .capacity = capacity};
    const UpstreamView view = store.readUpstream(status.name);
    if (view.slots.time == Timestamp{}) {
        status.words = "unknown: its row of upstream_state is missing; run rtbatch-admin migrate";
        return status;
    }
    status.state = view.state;
    // By the database's clock, as those who ask it do.
    explain(status, consentOf(view.state, view.slots.time), view.slots.time);
    for (const LeaseRow& lease : view.slots.leases) {
        addLease(status, lease);
    }
    return status;
}

std::int64_t allOf(const ServedCounts& counts) {
    return counts.cached + counts.stale + counts.fetched + counts.notFound + counts.failed;
}

std::optional<double> hitRatio(const ServedCounts& counts) {
    const auto all = allOf(counts);
    return all == 0 ? std::nullopt
                    : std::optional(static_cast<double>(counts.cached) / static_cast<double>(all));
}

Status readStatus(Store& store, const Config& config, Timestamp now) {
    Status status{.database = databaseName(config), .time = now};
    Report report(store);
    status.rows = report.rowsByDemand(now);
    status.lastHour = report.served(now - 1h);
    status.lastDay = report.served(now - 24h);
    status.rtIds = report.rtIds(now);
    status.sync = IdSyncTable(store).read();

    status.upstreams = {readUpstreamStatus(store, Upstream::wikidata, config.wikidataMaxConcurrent),
                        readUpstreamStatus(store, Upstream::rottenTomatoes, config.rtMaxConcurrent)};

    const LeaseView lock = store.findLeases({&kRefresherLock, 1});
    if (!lock.leases.empty()) {
        status.refresherLock = holderOf(lock.leases.front());
    }
    RefreshTable table(store);
    status.runs = readRuns(table, status.refresherLock);
    const auto spent = pagesSpent(table, now);
    for (const PagesSpent& run : spent) {
        status.pagesLastDay += run.at > now - 24h ? run.pages : 0;
    }
    status.pagesPerDay = config.refresherPagesPerDay;
    status.budget = budgetLeft(config.refresherPagesPerDay, spent, now);
    return status;
}

}  // namespace rtbatch
