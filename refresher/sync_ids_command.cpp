#include "refresher/sync_ids_command.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "common/store/id_sync_table.h"
#include "common/upstream/wikidata_mapping.h"
#include "refresher/id_sync_pass.h"
#include "refresher/page_size.h"
#include "refresher/run_lock.h"
#include "refresher/wait_notice.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

const std::string kLock = "lock.sync-ids";

/// Longer than the breaker shuts an upstream by itself.
constexpr std::chrono::milliseconds kPatience = 20min;

std::string placeOf(const IdSync& state) {
    return state.after.empty() ? "the beginning" : "'" + state.after + "'";
}

std::string progressOf(const IdSync& state) {
    return std::to_string(state.found) + " ids in " + std::to_string(state.requests) + " requests";
}

ExitCode report(const IdSyncEnd& end, const SyncIdsOptions& options, const std::string& database,
                std::ostream& out, std::ostream& err) {
    switch (end.kind) {
        case IdSyncEnd::Kind::finished:
            if (!options.quiet) {
                out << "sync-ids: " << progressOf(end.state) << ", the whole mapping, into " << database
                    << "\n";
            }
            return ExitCode::ok;
        case IdSyncEnd::Kind::stopped:
            if (!options.quiet) {
                out << "sync-ids: stopped after " << progressOf(end.state) << ", at " << placeOf(end.state)
                    << "; the next start goes on from there\n";
            }
            return ExitCode::ok;
        case IdSyncEnd::Kind::gaveUp:
            break;
    }
    err << "rtbatch-refresher: sync-ids gave up after " << progressOf(end.state) << ", at "
        << placeOf(end.state) << ": " << end.why << "; the next start goes on from there\n";
    return ExitCode::tempFail;
}

}  // namespace

ExitCode syncIds(const Config& config, const SyncIdsOptions& options, std::ostream& out, std::ostream& err) {
    config.check();
    blockStopSignals();
    Store store(storeOptions(config));
    store.check();
    Leases leases(store);
    // It is kept between requests only, and one may take the whole timeout.
    RunLock lock(store, leases, kLock, 1min + 3 * config.wikidataTimeout);
    if (lock.taken()) {
        if (!options.quiet) {
            out << "sync-ids: another one runs: " << lock.taken()->by << ", since "
                << toRfc3339(lock.taken()->since) << "\n";
        }
        return ExitCode::ok;
    }
    Bell bell;
    Gate gate(gateOptions(config), store, leases, bell);
    WikidataMapping wikidata(httpOptions(config, config.wikidataUrl));
    StopRequest stop;
    bool lost = false;
    const GoOn goOn = [&](std::chrono::milliseconds wait) {
        lost = lost || !lock.keep();
        return !lost && !stop.came(wait);
    };
    WaitNotice notice("rtbatch-refresher: sync-ids", options.quiet,
                      [&](const std::string& line) { sayBeside(options.progress, line, err); });
    const AskPage ask = [&](const MappingPlace& place) {
        AskedPage asked;
        const Question question{
            Upstream::wikidata, config.wikidataTimeout, kPatience, place.limit > PageSize::kLeast,
            [&](std::chrono::milliseconds left) { notice.waits(siteName(Upstream::wikidata), left); }};
        asked.result = askInTurn<MappingPage>(gate, question, goOn, [&](Deadline deadline) {
            const auto start = Deadline::Clock::now();
            auto page = wikidata.page(place, deadline);
            asked.took =
                std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
            return page;
        });
        if (const auto* failure = std::get_if<UpstreamFailure>(&asked.result)) {
            notice.failed(failure->message);
        } else if (std::holds_alternative<MappingPage>(asked.result)) {
            notice.answered();
        }
        return asked;
    };
    IdSyncTable table(store);
    IdSyncPass pass({config.wikidataTimeout, config.rtIdTtl, options.restart}, table);
    auto found = pass.state().found;
    Progress progress("ids", pass.expected(), options.progress);
    IdSyncEnd end = pass.run(ask, [&](const IdSync& state) {
        progress.advance(static_cast<std::uint64_t>(state.found - std::exchange(found, state.found)));
    });
    progress.finish();
    if (lost) {
        end.kind = IdSyncEnd::Kind::gaveUp;
        end.why = "its lock was lost, for the database was away too long";
    }
    return report(end, options, databaseName(config), out, err);
}

}  // namespace rtbatch
