#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "admin/doctor/checks.h"
#include "common/store/database_url.h"
#include "common/store/health_table.h"
#include "common/store/migrate.h"

namespace rtbatch {

namespace {

bool onSqlite(const DatabaseUrl& url) {
    return url.dialect == Dialect::sqlite;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

std::string userName() {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? "number " + std::to_string(::geteuid()) : found->pw_name;
}

Finding checkSqliteFile(HealthTable& health, const DatabaseUrl& url) {
    Finding finding{"privileges", Result::good, "the user " + userName() + " can write " + url.path};
    const std::string chown =
        "run the doctor as the user that the handlers run as; if it says so then too, give that user the "
        "file "
        "and its directory (chown)";
    const auto parent = std::filesystem::path(url.path).parent_path();
    const auto directory = parent.empty() ? std::filesystem::path(".") : parent;
    if (const auto refusals = health.refusals(); !refusals.empty()) {
        return {"privileges", Result::bad,
                "the user " + userName() + " cannot write " + url.path + ": " + refusals.front().why, chown};
    }
    if (::access(directory.c_str(), W_OK) != 0) {
        return {"privileges", Result::bad,
                "the user " + userName() + " cannot make files in " + directory.string() +
                    ", where SQLite keeps two beside the database",
                chown};
    }
    if (const std::string mode = health.journalMode(); mode != "wal") {
        return {"privileges", Result::bad,
                "the journal mode of " + url.path + " is " + mode +
                    ", so readers and writers lock each other out",
                "run rtbatch-admin migrate, which sets it to WAL"};
    }
    return finding;
}

}  // namespace

Finding checkReachable(Store& store, const Config& config) {
    const auto url = DatabaseUrl::parse(config.databaseUrl);
    try {
        return {"database", Result::good, url.describe() + ", " + HealthTable(store).server()};
    } catch (const StoreError& error) {
        if (error.kind() == StoreError::Kind::crowded) {
            return {
                "database", Result::bad,
                std::string(error.what()) + "; the server is there, and has as many connections as it allows",
                "start fewer handlers or lower database.max_connections (handlers x connections, one or two "
                "more for the refresher and this program), or have the server allow more: "
                "max_user_connections of " +
                    url.user + ", max_connections of all"};
        }
        return {"database", Result::bad, error.what(),
                onSqlite(url)
                    ? "mend database.url, make the file with rtbatch-admin migrate, or let this user "
                      "read and write it"
                    : "start the server, or mend database.url: host, port, user, password, database"};
    }
}

Finding checkMigrations(Store& store) {
    try {
        store.check();
        return {"migrations", Result::good, "the database is at this program's version"};
    } catch (const StoreError& error) {
        return {"migrations", Result::bad, error.what(),
                "stop the handlers that are older than the database or this program, then run rtbatch-admin "
                "migrate"};
    }
}

Finding checkCharset(Store& store, const Config& config) {
    const auto url = DatabaseUrl::parse(config.databaseUrl);
    const auto wrong = HealthTable(store).wrongCharacterSets();
    if (wrong.empty()) {
        return {"charset", Result::good,
                onSqlite(url) ? "UTF-8"
                              : "utf8mb4 in the database, its tables, their columns and the connection"};
    }
    return {"charset", Result::bad, joined(wrong) + " instead of utf8mb4",
            onSqlite(url)
                ? "make a new database file with rtbatch-admin migrate"
                : "ALTER DATABASE " + url.database +
                      " CHARACTER SET utf8mb4; and for a table: ALTER TABLE ... CHARACTER SET utf8mb4 "
                      "COLLATE utf8mb4_bin; for a column: the line of its CREATE TABLE in sql/mysql/ "
                      "with ALTER TABLE ... MODIFY"};
}

Finding checkPrivileges(Store& store, const Config& config) {
    HealthTable health(store);
    const auto url = DatabaseUrl::parse(config.databaseUrl);
    if (onSqlite(url)) {
        return checkSqliteFile(health, url);
    }
    std::vector<std::string> refused;
    for (const Refusal& refusal : health.refusals()) {
        refused.push_back(refusal.verb + " on " + refusal.table + " (" + refusal.why + ")");
    }
    if (!refused.empty()) {
        return {"privileges", Result::bad, "the user " + url.user + " may not " + joined(refused),
                "as an administrator of the database: GRANT SELECT, INSERT, UPDATE, DELETE ON " +
                    url.database + ".* TO '" + url.user + "'@'HOST'"};
    }
    const std::string missing = health.missingForMigrations();
    return {"privileges", Result::good,
            "the user " + url.user + " may read and write every table" +
                (missing.empty() ? "" : "; for rtbatch-admin migrate it would need " + missing)};
}

Finding checkWriting(Store& store, const Config& config) {
    try {
        store.checkWritable();
        store.forgetTrial();
        return {"writing", Result::good, "a row could be written"};
    } catch (const StoreError& error) {
        if (error.kind() != StoreError::Kind::unwritable) {
            throw;
        }
        return {"writing", Result::bad, error.what(),
                onSqlite(DatabaseUrl::parse(config.databaseUrl))
                    ? "make room on the disk of the file, or raise this user's quota or limit of file sizes"
                    : "point database.url at the server that may be written (after a failover: the primary), "
                      "make room on its disk, or ask the host which quota is used up; hits are served "
                      "meanwhile, and it goes on by itself"};
    }
}

}  // namespace rtbatch
