#include "handler/metrics_page.h"

#include <Poco/Logger.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "common/config/config.h"
#include "common/fetch/breaker.h"
#include "common/fetch/slot_line.h"
#include "common/metrics/exposition.h"
#include "common/store/refresh_table.h"

namespace rtbatch {

namespace {

using Families = std::vector<prometheus::MetricFamily>;

/// Slots and breaker of both upstreams, as the database has them.
class UpstreamReadings {
public:
    void add(Store& store, Upstream upstream, int capacity) {
        const std::string name = nameOf(upstream);
        const UpstreamView view = store.readUpstream(name);
        std::int64_t held = 0;
        for (const LeaseRow& lease : view.slots.leases) {
            held += isSlot(lease.name, upstream, capacity) ? 1 : 0;
        }
        _inUse.push_back({{{"upstream", name}}, static_cast<double>(held)});
        _slots.push_back({{{"upstream", name}}, static_cast<double>(capacity)});
        const std::string state = stateOf(view);
        for (const std::string one : {"closed", "open", "probing", "suspended"}) {
            _breaker.push_back({{{"upstream", name}, {"state", one}}, one == state ? 1.0 : 0.0});
        }
    }

    void moveTo(Families& families) const {
        families.push_back(gaugeFamily("rtbatch_slots_in_use",
                                       "Requests that the whole deployment has open at a site.", _inUse));
        families.push_back(gaugeFamily("rtbatch_slots", "Requests that it may have open there.", _slots));
        families.push_back(gaugeFamily("rtbatch_breaker_state",
                                       "1 for the state that the breaker of a site is in.", _breaker));
    }

private:
    /// A slot's lease, and no place in the line.
    static bool isSlot(const std::string& lease, Upstream upstream, int capacity) {
        for (int number = 1; number <= capacity; ++number) {
            if (lease == slotName(upstream, number)) {
                return true;
            }
        }
        return false;
    }

    static std::string stateOf(const UpstreamView& view) {
        const Consent consent = consentOf(view.state, view.slots.time);
        if (view.state.suspendedAt != Timestamp{}) {
            return "suspended";
        }
        if (consent.kind == Consent::Kind::probe || consent.probing) {
            return "probing";
        }
        return consent.kind == Consent::Kind::go ? "closed" : "open";
    }

    std::vector<GaugeReading> _inUse, _slots, _breaker;
};

double seconds(Timestamp time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void addRefresher(Store& store, Families& families) {
    const auto runs = RefreshTable(store).lastRuns(1);
    if (runs.empty()) {
        return;
    }
    const RefreshRun& last = runs.front();
    const auto add = [&](const std::string& what, const std::string& help, double value) {
        families.push_back(gaugeFamily("rtbatch_refresher_last_run_" + what, help, {{{}, value}}));
    };
    add("timestamp_seconds", "When the refresher's last run began.", seconds(last.startedAt));
    add("duration_seconds", "How long it took; 0 while it is under way.",
        last.endedAt ? std::chrono::duration<double>(*last.endedAt - last.startedAt).count() : 0);
    add("success", "1 when it has ended by itself; 0 while it is under way, and when it was killed.",
        last.endedAt ? 1 : 0);
    add("pages", "Pages that it asked for.", static_cast<double>(last.pages));
    add("failed", "Movies that it could not renew.", static_cast<double>(last.failed));
}

bool addFromDatabase(Store& store, const GateOptions& gate, Families& families) {
    try {
        UpstreamReadings upstreams;
        upstreams.add(store, Upstream::wikidata, gate.wikidataSlots);
        upstreams.add(store, Upstream::rottenTomatoes, gate.pageSlots);
        upstreams.moveTo(families);
        addRefresher(store, families);
        return true;
    } catch (const StoreError& error) {
        Poco::Logger::get("rtbatch.metrics").warning("without the database: %s", std::string(error.what()));
        return false;
    }
}

}  // namespace

std::string metricsPage(Store& store, const GateOptions& gate) {
    Families families;
    const bool up = addFromDatabase(store, gate, families);
    // Last, so that what was just asked of the database is counted.
    for (prometheus::MetricFamily& family : collectCounted()) {
        families.push_back(std::move(family));
    }
    families.push_back(
        gaugeFamily("rtbatch_database_up", "1 when the database answered.", {{{}, up ? 1.0 : 0.0}}));
    families.push_back(
        gaugeFamily("rtbatch_build_info", "The program's version.", {{{{"version", version()}}, 1.0}}));
    return renderMetrics(families);
}

}  // namespace rtbatch
