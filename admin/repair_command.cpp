#include <array>
#include <ostream>
#include <string_view>

#include "admin/command.h"
#include "admin/text.h"
#include "common/setup/setup.h"
#include "common/store/ahead_table.h"

namespace rtbatch {

namespace {

struct Meaning {
    std::string_view table;
    std::string_view words;  ///< what became of the rows
};

constexpr std::array kMeanings{
    Meaning{"rt_cache", "are stale from now on, and fetched again"},
    Meaning{"rt_id", "have expired, so that Wikidata is asked again"},
    Meaning{"rt_failure", "may be tried again"},
    Meaning{"lease", "are free"},
    Meaning{"upstream_state", "no longer keep requests back until then"},
    Meaning{"rt_scrape", "are of now"},
    Meaning{"demand", "weigh what they would if all was asked for now"},
    Meaning{"served", "were deleted: periods to come"},
    Meaning{"refresh_run", "were deleted, and no longer count for the budget"},
    Meaning{"id_sync", "were deleted: the next sync-ids begins anew"},
    Meaning{"api_usage", "count for the last hour, and no longer for hours to come"},
};

std::string_view meaningOf(const std::string& table) {
    for (const Meaning& meaning : kMeanings) {
        if (meaning.table == table) {
            return meaning.words;
        }
    }
    return "were mended";
}

ExitCode runRepair(const Invocation& invocation) {
    Store store(storeOptions(invocation.config()));
    store.check();
    AheadTable table(store);
    const bool dryRun = invocation.has("dry-run");
    const auto found = dryRun ? table.count() : table.mend();
    if (found.empty()) {
        invocation.out() << "nothing lies too far ahead of the database's clock, " << timeText(store.time())
                         << "\n";
    }
    for (const AheadRows& rows : found) {
        invocation.out() << rows.table << ": " << grouped(rows.rows)
                         << (dryRun ? " rows lie too far ahead" : " rows ");
        if (!dryRun) {
            invocation.out() << meaningOf(rows.table);
        }
        invocation.out() << "\n";
    }
    if (!dryRun) {
        sayDatabase(invocation);
    }
    return ExitCode::ok;
}

}  // namespace

Command repairCommand() {
    return {
        .name = "repair",
        .summary = "mends what was written while a clock was ahead",
        .description =
            {"All that is shared goes by the database's clock. Rows whose times lie further ahead of it than "
             "they ever may (a row that was cached tomorrow, a site that is to be left alone for two days) "
             "were written while that clock, or a host's of an older version, was wrong. They are not "
             "believed; this makes of them what they are taken for. It says what it changed, table by table, "
             "and touches nothing else.",
             "Set the clocks right first (see doctor). It changes some rows at a time, while handlers run, "
             "and may be interrupted and run again."},
        .options = {{.name = "dry-run", .letter = 'n', .help = "only says how many rows there are"}},
        .run = &runRepair,
    };
}

}  // namespace rtbatch
