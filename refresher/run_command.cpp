#include "refresher/run_command.h"

#include <syslog.h>

#include <algorithm>
#include <iomanip>
#include <memory>
#include <sstream>
#include <string>

#include "common/lease/lease.h"
#include "common/process/stop_signal.h"
#include "common/setup/setup.h"
#include "common/store/demand_table.h"
#include "common/store/refresh_table.h"
#include "common/store/scrape_table.h"
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
constexpr int kPurgeAtOnce = 5000;

seconds timeOf(const Config& config, const RunCommandOptions& options) {
    return options.maxTime.value_or(std::max<seconds>(config.refresherEvery - kHeadRoom, kShortest));
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
    ScrapeTable(store).purge(now() - kKeepScrapes, kPurgeAtOnce);
    RefreshTable(store).purgeRuns(now() - kKeepRuns);
    DemandTable(store).purgeServed(now() - kKeepServed);
}

std::string summary(const RefreshRun& run, int budgetBefore) {
    const auto took = std::chrono::duration<double>(run.endedAt.value_or(run.startedAt) - run.startedAt);
    std::ostringstream text;
    text << "run: due " << run.due << ", pages " << run.pages << ", renewed " << run.renewed << ", not found "
         << run.notFound << ", failed " << run.failed << ", budget left "
         << std::max<std::int64_t>(0, budgetBefore - run.pages) << ", " << std::fixed << std::setprecision(1)
         << took.count() << " s, ended by " << run.endedBy;
    return text.str();
}

/// The alarm is said by the first run that finds it, and by those that tried a page; not every five minutes.
bool isNews(const RefreshRun& run, Store& store) {
    const auto runs = RefreshTable(store).runsSince(now() - std::chrono::hours(24));
    const auto before =
        std::ranges::find_if(runs, [&](const auto& one) { return one.startedAt < run.startedAt; });
    return run.pages > 0 || before == runs.end() || before->endedBy != run.endedBy;
}

}  // namespace

RunEnd runOnce(const Config& config, const RunCommandOptions& options, std::ostream& out, std::ostream& err) {
    Store store(storeOptions(config));
    store.check();
    const seconds maxTime = timeOf(config, options);
    const auto pagesOf = [&](const Plan& plan) {
        return std::min(plan.budget, options.maxPages.value_or(plan.budget));
    };
    if (options.dryRun) {
        const Plan plan = makePlan(store, config, maxTime);
        showOrder(plan, pagesOf(plan), out);
        return RunEnd::done;
    }
    Leases leases(store);
    RunLock lock(store, leases, kRefresherLock);
    if (lock.taken()) {
        if (!options.quiet) {
            out << "another run has the lease: " << lock.taken()->by << ", since "
                << toRfc3339(lock.taken()->since) << "\n";
        }
        return RunEnd::done;
    }
    const Plan plan = makePlan(store, config, maxTime);
    const auto run = std::make_shared<Refresher>(
        config, store, leases, lock, Refresher::Hooks{[] { return stopSignalled(0ms); }, [](std::size_t) {}});
    const RefreshRun row = (*run)(plan, {pagesOf(plan), Deadline::in(maxTime)});
    sweep(store);
    if (options.quiet) {
        ::syslog(LOG_DAEMON | LOG_INFO, "rtbatch-refresher: %s", summary(row, plan.budget).c_str());
    } else {
        out << summary(row, plan.budget) << "\n";
    }
    if (!run->shut()) {
        return RunEnd::done;
    }
    if (run->shut()->suspended && isNews(row, store)) {
        err << "markup changed? Too many of the last pages lost facts or cannot be read: nothing is written, "
               "old rows are "
               "served, and one page an hour is tried. See rtbatch-admin status.\n";
    }
    return RunEnd::upstreamShut;
}

}  // namespace rtbatch
