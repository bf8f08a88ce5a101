#include <iostream>
#include <ostream>

#include "admin/command.h"
#include "admin/status.h"
#include "common/fetch/breaker.h"
#include "common/fetch/slot_line.h"
#include "common/lease/bell.h"
#include "common/setup/setup.h"

namespace rtbatch {

namespace {

/// Handlers may write the state meanwhile; more tries would mean something else.
constexpr int kMostTries = 10;

Upstream upstreamOf(const std::string& word) {
    for (const Upstream upstream : {Upstream::wikidata, Upstream::rottenTomatoes}) {
        if (word == nameOf(upstream)) {
            return upstream;
        }
    }
    throw UsageError("'" + word + "' is no site; write rt or wikidata");
}

/// Writes it over whatever is there. False when there is no row.
bool lift(Store& store, const std::string& name) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        const UpstreamView view = store.readUpstream(name);
        if (view.slots.time == Timestamp{}) {
            return false;
        }
        if (store.saveUpstream(name, withNothingBlocked(view.state, view.slots.time))) {
            return true;
        }
    }
    throw StoreError("the state of " + name + " is written by others all the time; try again");
}

ExitCode runUnblock(const Invocation& invocation) {
    const Upstream upstream = upstreamOf(invocation.arguments().front());
    const Config& config = invocation.config();
    Store store(storeOptions(config));
    store.check();
    const UpstreamStatus before = readUpstreamStatus(
        store, upstream,
        upstream == Upstream::wikidata ? config.wikidataMaxConcurrent : config.rtMaxConcurrent);
    if (!lift(store, before.name)) {
        std::cerr << "rtbatch-admin: " << before.name << " is " << before.words << "\n";
        return ExitCode::failed;
    }
    Bell bell;
    bell.join(store.deployment());
    bell.ring("state." + before.name);
    const bool worked = before.condition == UpstreamCondition::works && before.state.failures == 0;
    invocation.out() << before.name
                     << (worked ? ": nothing kept requests back" : ": requests may go again; it was: ")
                     << (worked ? "" : before.words) << "\n";
    sayDatabase(invocation);
    return ExitCode::ok;
}

}  // namespace

Command unblockCommand() {
    return {
        .name = "unblock",
        .summary = "lets requests go to a site again that is left alone",
        .words = {.shown = "rt|wikidata", .least = 1, .most = 1},
        .description =
            {"Ends a pause that the site asked for, forgets its failures in a row, and has its pages "
             "believed "
             "again where the markup guard had stopped the writing; says what it lifted. Processes that run "
             "follow within a second. If the cause is still there, they will stop again by the same rules.",
             "For when the cause is gone and waiting for the next try is not worth it. A pause that the site "
             "asked for (429, Retry-After) protects your address from a ban: look at status first."},
        .run = &runUnblock,
    };
}

}  // namespace rtbatch
