#include <ostream>
#include <span>

#include "admin/command.h"
#include "admin/text.h"
#include "common/setup/setup.h"
#include "common/store/purge.h"

namespace rtbatch {

namespace {

constexpr std::int64_t kMostDays = 3650;

std::string rowsText(const MovieRows& rows) {
    std::string text = grouped(static_cast<std::int64_t>(rows.cached)) + " rows, " +
                       grouped(static_cast<std::int64_t>(rows.demand)) + " of demand, " +
                       grouped(static_cast<std::int64_t>(rows.failures)) + " failures, " +
                       grouped(static_cast<std::int64_t>(rows.pages)) + " pages of history";
    return rows.rtIds == 0 ? text : text + ", and its Rotten Tomatoes id";
}

std::string verb(bool dryRun) {
    return dryRun ? "would delete " : "deleted ";
}

void purgeOne(Purge& purge, const ImdbId& id, bool dryRun, std::ostream& out) {
    const std::span<const ImdbId> one(&id, 1);
    const MovieRows rows = dryRun ? purge.count(one, true) : purge.remove(one, true);
    out << id.text() << ": " << (rows.all() == 0 ? "nothing was known of it" : verb(dryRun) + rowsText(rows))
        << "\n";
}

void purgeUnused(Purge& purge, Timestamp before, bool dryRun, std::ostream& out) {
    MovieRows rows;
    std::int64_t movies = 0;
    for (auto ids = purge.unused(before, nullptr); !ids.empty(); ids = purge.unused(before, &ids.back())) {
        rows += dryRun ? purge.count(ids, false) : purge.remove(ids, false);
        movies += static_cast<std::int64_t>(ids.size());
    }
    out << verb(dryRun) << grouped(movies) << " movies that nobody has asked for since " << timeText(before)
        << ": " << rowsText(rows) << "\n";
}

}  // namespace

ExitCode runPurge(const Invocation& invocation) {
    const auto days = invocation.number("unused-days", 1, kMostDays);
    const auto& words = invocation.arguments();
    if (days.has_value() == !words.empty()) {
        throw UsageError("purge needs either --unused-days or one IMDb id");
    }
    Store store(storeOptions(invocation.config()));
    const bool dryRun = invocation.has("dry-run");
    Purge purge(store);
    if (days) {
        store.check();
        purgeUnused(purge, store.time() - std::chrono::days(*days), dryRun, invocation.out());
    } else {
        const ImdbId id = imdbIdOf(words.front());
        store.check();
        purgeOne(purge, id, dryRun, invocation.out());
    }
    if (!dryRun) {
        sayDatabase(invocation);
    }
    return ExitCode::ok;
}

}  // namespace rtbatch
