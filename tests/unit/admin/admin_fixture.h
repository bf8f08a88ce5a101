#pragma once

#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "common/config/config.h"
#include "common/store/migrate.h"
#include "common/store/store.h"
#include "tests/unit/store/test_database.h"

namespace rtbatch::test {

/// What rtbatch-admin said, and how it ended.
struct AdminOutcome {
    int status = -1;
    std::string output;  ///< both streams
};

/// Runs rtbatch-admin. `setting`: `NAME=VALUE` for the environment, or empty.
inline AdminOutcome admin(const std::string& arguments, const std::string& setting = "") {
    AdminOutcome outcome;
    const std::string command =
        "env '" + (setting.empty() ? "A=B" : setting) + "' " RTBATCH_ADMIN " " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        outcome.output.append(buffer.data(), size);
    }
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
}

/// A migrated database on each of the two, whose clock and ours stand at kNow.
struct AdminFixture {
    static constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year(2026) / 6 / 15}};

    TestDatabase database{GENERATE(Kind::sqlite, Kind::mariadb)};
    Store store;
    Config config;

    AdminFixture() : store((migrate(database.options()), options())) { config.databaseUrl = options().url; }

    StoreOptions options() const {
        auto options = database.options();
        options.leaseClock = millis(kNow);
        return options;
    }
    static std::string millis(Timestamp time) { return std::to_string(toMillis(time)); }
    std::string setting() const { return "RTBATCH_DATABASE_URL=" + database.options().url; }

    void sql(const std::string& statement) { database.sql(statement); }
    std::int64_t count(const std::string& table) {
        return std::stoll(database.sql("SELECT COUNT(*) FROM " + table));
    }

    /// A row of rt_cache that was cached three days before it expires.
    void row(const ImdbId& id, Timestamp expiresAt, const std::string& facts = R"({"title":"Heat"})") {
        store.saveMovie(CachedMovie{id, "m/heat", facts, expiresAt - std::chrono::days(3), expiresAt});
    }
    void asked(const ImdbId& id, Timestamp lastAt, double weight = 1) {
        sql("INSERT INTO demand (imdb_id, requests, weight, first_at, last_at) VALUES ('" + id.string() +
            "', 1, " + std::to_string(weight) + ", 1, " + millis(lastAt) + ")");
    }
};

}  // namespace rtbatch::test
