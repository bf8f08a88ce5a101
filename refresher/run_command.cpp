#include "refresher/run_command.h"

#include <Poco/Logger.h>
#include <syslog.h>

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "common/cli/invocation.h"
#include "common/cli/progress.h"
#include "common/lease/lease.h"
#include "common/log/log.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "common/store/ahead_table.h"
#include "common/store/demand_table.h"
#include "common/store/refresh_table.h"
#include "common/store/scrape_table.h"
#include "common/store/sweep.h"
#include "refresher/plan.h"
#include "refresher/refresher.h"
#include "refresher/run_lock.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

/// A run leaves so much of its time to the next one, and takes so much at least.
constexpr seconds kHeadRoom = 30s;
constexpr seconds kShortest = 20s;

/// How long things are kept that only people look at.
constexpr auto kKeepScrapes = std::chrono::days(90);
constexpr auto kKeepRuns = std::chrono::days(90);
constexpr auto kKeepServed = std::chrono::days(8);
/// Longer than their time: another host's clock may be behind, and may still go by them.
constexpr auto kKeepAbsences = std::chrono::days(1);
constexpr auto kKeepUsage = std::chrono::days(396);  // 13 months
constexpr auto kKeepLeases = std::chrono::hours(1);
constexpr int kPurgeAtOnce = 5000;

constexpr int kMostPages = 1'000'000;
constexpr int kMostSeconds = 24 * 3600;

/// What the command line says.
struct RunOptions {
    std::optional<std::int64_t> maxPages;
    std::optional<std::int64_t> maxTime;  ///< seconds
    bool dryRun;
    bool quiet;
};

seconds timeOf(const Config& config, const RunOptions& options) {
    return options.maxTime ? seconds(*options.maxTime)
                           : std::max<seconds>(config.refresherEvery - kHeadRoom, kShortest);
}

void showOrder(const Plan& plan, int pages, std::ostream& out) {
    out << "due " << plan.due.size() << ", pages " << pages << "\n";
    for (std::size_t i = 0; i < plan.due.size(); ++i) {
        const Ranked& ranked = plan.due[i];
        out << std::setw(6) << i + 1 << (static_cast<int>(i) < pages ? "  " : "  (beyond the budget) ")
            << ranked.candidate.id.text() << "  " << reasonFor(ranked, plan.madeAt) << "\n";
    }
}

void sweep(Store& store) {
    const Timestamp time = store.time();
    AheadTable(store).mendUsage();
    ScrapeTable(store).purge(time - kKeepScrapes, kPurgeAtOnce);
    RefreshTable(store).purgeRuns(time - kKeepRuns);
    DemandTable(store).purgeServed(time - kKeepServed);
    Sweep rest(store);
    rest.absences(time - kKeepAbsences);
    rest.usage(time - kKeepUsage);
    rest.leases(kKeepLeases);
}

/// ` (tt0113277: why; ... and 3 more)`, or nothing where none failed.
std::string failuresText(const Refresher& refresher, std::int64_t failed) {
    std::string text;
    for (const auto& [id, why] : refresher.failures()) {
        text += (text.empty() ? " (" : "; ") + id.string() + ": " + why;
    }
    const std::int64_t more = failed - static_cast<std::int64_t>(refresher.failures().size());
    text += more > 0 ? "; and " + std::to_string(more) + " more" : "";
    return text.empty() ? "" : text + ")";
}

std::string summary(const RefreshRun& run, const Refresher& refresher, int budgetBefore) {
    const auto took = std::chrono::duration<double>(run.endedAt.value_or(run.startedAt) - run.startedAt);
    std::ostringstream text;
    text << "run: due " << run.due << ", pages " << run.pages << ", renewed " << run.renewed << ", not found "
         << run.notFound << ", failed " << run.failed << failuresText(refresher, run.failed)
         << ", budget left " << std::max<std::int64_t>(0, budgetBefore - run.pages) << ", " << std::fixed
         << std::setprecision(1) << took.count() << " s, ended by " << run.endedBy;
    return text.str();
}

/// The alarm is said by the first run that finds it, and by those that tried a page; not every five minutes.
bool isNews(const RefreshRun& run, Store& store) {
    const auto runs = RefreshTable(store).runsSince(store.time() - std::chrono::hours(24));
    const auto before =
        std::ranges::find_if(runs, [&](const auto& one) { return one.startedAt < run.startedAt; });
    return run.pages > 0 || before == runs.end() || before->endedBy != run.endedBy;
}

ExitCode runOnce(const Config& config, const RunOptions& options, std::ostream& out) {
    Store store(storeOptions(config));
    store.check();
    const seconds maxTime = timeOf(config, options);
    const auto pagesOf = [&](const Plan& plan) {
        return static_cast<int>(std::min<std::int64_t>(plan.budget, options.maxPages.value_or(plan.budget)));
    };
    if (options.dryRun) {
        const Plan plan = makePlan(store, config, maxTime);
        showOrder(plan, pagesOf(plan), out);
        return ExitCode::ok;
    }
    Leases leases(store);
    RunLock lock(store, leases, kRefresherLock);
    if (lock.taken()) {
        if (!options.quiet) {
            out << "another run has the lease: " << lock.taken()->by << ", since "
                << toRfc3339(lock.taken()->since) << "\n";
        }
        return ExitCode::ok;
    }
    const Plan plan = makePlan(store, config, maxTime);
    const int pages = pagesOf(plan);
    Progress progress("movies", std::min<std::uint64_t>(plan.due.size(), static_cast<std::uint64_t>(pages)),
                      progressMode(options.quiet));
    StopRequest stop;
    const auto run = std::make_shared<Refresher>(
        config, store, leases, lock,
        Refresher::Hooks{[&] { return stop.came(); }, [&](std::size_t more) { progress.advance(more); }});
    const RefreshRun row = (*run)(plan, {pages, Deadline::in(maxTime)});
    progress.finish();
    sweep(store);
    const std::string said = summary(row, *run, plan.budget);
    if (options.quiet) {
        ::syslog(LOG_DAEMON | LOG_INFO, "rtbatch-refresher: %s", said.c_str());
    } else {
        out << said << "\n";
    }
    if (!run->shut()) {
        return ExitCode::ok;
    }
    if (run->shut()->suspended && isNews(row, store)) {
        std::cerr
            << "markup changed? Too many of the last pages lost facts or cannot be read: nothing is written, "
               "old rows are "
               "served, and one page in 5 minutes is tried. See rtbatch-admin status.\n";
    }
    return ExitCode::tempFail;
}

ExitCode run(const Invocation& invocation) {
    const RunOptions options{invocation.number("max-pages", 0, kMostPages),
                             invocation.number("max-time", 1, kMostSeconds), invocation.has("dry-run"),
                             invocation.has("quiet")};
    const Config& config = invocation.config();
    if (!options.dryRun) {
        config.check();  // a dry run asks nobody
    }
    blockStopSignals();
    startLog(logOptions(config), "rtbatch-refresher");
    shareMetrics(config, CellUser::visitor);
    if (options.quiet) {
        Poco::Logger::root().setLevel(Poco::Message::PRIO_ERROR);
    }
    return runOnce(config, options, invocation.out());
}

}  // namespace

Command runCommand() {
    return {
        .name = "run",
        .summary = "renews what goes stale and fetches what is wanted, within its budget",
        .description = {"Made for cron, every few minutes (refresher.every_minutes). It takes rows that "
                        "expire before the next run or "
                        "have expired, movies that were asked for and failed, movies that Wikidata did not "
                        "know when they were last "
                        "looked for, and what prewarm has marked; first those whose page saves the most "
                        "waits. People always go first.",
                        "One run at a time: a second one says who has the lease, and ends. SIGTERM ends it "
                        "once its open page has come, and so does SIGHUP, unless it is ignored (nohup). "
                        "What it did is in the table refresh_run, and shown by rtbatch-admin status."},
        .options = {{"max-pages", 0, "N",
                     "asks for at most N pages, within refresher.pages_per_day in any case"},
                    {"max-time", 0, "SECONDS",
                     "begins nothing new after so long; without it a little less than until the next run"},
                    {"dry-run", 0, "", "shows the order and why, and asks nobody"},
                    {"quiet", 'q', "",
                     "for cron: says only what is wrong; the summary goes to the system log"}},
        .run = &run,
    };
}

}  // namespace rtbatch
