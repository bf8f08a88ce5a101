#include <chrono>
#include <iomanip>
#include <sstream>
#include <vector>

#include "admin/doctor/checks.h"
#include "common/model/timestamp.h"
#include "common/store/ahead_table.h"
#include "common/store/health_table.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// Slots keep 5 s of reserve (docs/how-it-works.md, "Clocks").
constexpr std::chrono::milliseconds kMostSkew = 5s;

constexpr const char* kCheck = "clock";

std::string inSeconds(std::chrono::milliseconds time) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << static_cast<double>(time.count()) / 1000 << " s";
    return text.str();
}

std::string listed(const std::vector<AheadRows>& tables) {
    std::string text;
    for (const AheadRows& rows : tables) {
        text += (text.empty() ? "" : ", ") + std::to_string(rows.rows) + " in " + rows.table;
    }
    return text;
}

}  // namespace

Finding checkClock(Store& store) {
    HealthTable health(store);
    health.time();  // so that connecting is not in the time that is measured
    const Timestamp before = now();
    const Timestamp theirs = health.time();
    const Timestamp after = now();
    const auto ours = before + (after - before) / 2;
    const auto ahead = std::chrono::round<std::chrono::milliseconds>(ours - theirs);
    const auto apart = std::chrono::abs(ahead);
    if (apart > kMostSkew + (after - before) / 2) {
        return {kCheck, Result::bad,
                "this host's clock is " + inSeconds(apart) + (ahead > 0ms ? " ahead of" : " behind") +
                    " the database's",
                "let both hosts follow NTP (timedatectl set-ntp true): all that is shared goes by the "
                "database's clock, the log and the dates of certificates by this one's"};
    }
    std::vector<AheadRows> tables;
    try {
        tables = AheadTable(store).count();
    } catch (const StoreError& error) {
        // A table is missing, most likely, and that is the migrations' matter.
        return {kCheck, Result::good,
                inSeconds(apart) + " from the database's; its rows cannot be counted: " + error.what()};
    }
    if (!tables.empty()) {
        return {kCheck, Result::bad,
                "rows lie too far ahead of the database's clock, so a clock was wrong: " + listed(tables),
                "they are not believed; mend them with rtbatch-admin repair, once the clocks are right"};
    }
    return {kCheck, Result::good, inSeconds(apart) + " from the database's; no row lies ahead of it"};
}

}  // namespace rtbatch
