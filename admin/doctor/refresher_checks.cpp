#include <chrono>

#include "admin/doctor/checks.h"
#include "common/lease/owner.h"
#include "common/model/timestamp.h"
#include "common/store/health_table.h"
#include "common/store/refresh_table.h"

namespace rtbatch {

namespace {

/// A run may be late by so many of its periods: one was under way still, one was missed.
constexpr int kPeriods = 3;

constexpr const char* kStartCron =
    "let cron or systemd start it: copy conf/cron/rtbatch to /etc/cron.d/, or systemctl enable --now "
    "rtbatch-refresher.timer; then run rtbatch-refresher run by hand and see what it says";

}  // namespace

Finding checkRefresher(Store& store, const Config& config) {
    HealthTable health(store);
    const Timestamp time = health.time();
    const auto last = health.lastRun();
    if (!last) {
        return {"refresher", Result::bad, "it has never run", kStartCron};
    }
    const RefreshRun run = RefreshTable(store).runsSince(*last).front();
    const std::string when = toRfc3339(run.startedAt);
    const Owner owner = Owner::parse(run.owner);
    if (!run.endedAt && owner.isDead()) {
        return {
            "refresher", Result::bad, "the run of " + when + " was killed before its end",
            "look in the system's log for what killed it (memory, a limit of the host); the next run goes on "
            "where it was"};
    }
    const Timestamp seen = run.endedAt.value_or(run.startedAt);
    const bool underWay = !run.endedAt && owner.isNear();  // of another host's runs only the row is known
    if (!underWay && seen < time - kPeriods * config.refresherEvery) {
        return {"refresher", Result::bad,
                "cron is silent since " + toRfc3339(seen) + ", and refresher.every_minutes is " +
                    std::to_string(config.refresherEvery.count()),
                kStartCron};
    }
    return {"refresher", Result::good,
            "last run " + when + (run.endedAt ? "" : ", still under way") + ", " + std::to_string(run.pages) +
                " pages"};
}

Finding checkMarkup(Store& store) {
    const auto since = HealthTable(store).pagesSuspendedSince();
    if (!since) {
        return {"markup", Result::good, "pages are believed"};
    }
    return {
        "markup", Result::bad,
        "markup changed? Since " + toRfc3339(*since) +
            " too many pages lack what they had, so nothing is written and stale rows are served",
        "try one: rtbatch-page-reader --explain < page.html; it recovers by itself when the pages do, else "
        "rtbatch needs an update"};
}

}  // namespace rtbatch
