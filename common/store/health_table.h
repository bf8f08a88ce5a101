#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/imdb_id.h"
#include "common/model/timestamp.h"
#include "common/store/store.h"

namespace rtbatch {

/// A statement that the database does not let us run, with its words.
struct Refusal {
    std::string table;
    std::string verb;  ///< SELECT, INSERT, UPDATE or DELETE
    std::string why;
};

/// What an installation's database is like: for those who look whether it is in order. Changes nothing but
/// where it says so. Every call throws StoreError.
class HealthTable {
public:
    explicit HealthTable(Store& store) : _store(store) {}

    /// `MariaDB 10.11.14-MariaDB-0+deb12u2`, `SQLite 3.40.1`.
    std::string server();

    /// The database's clock.
    Timestamp time();

    /// What has another character set than its migration gave it, one text each: `the table lease has
    /// latin1`.
    std::vector<std::string> wrongCharacterSets();

    /// What may not be done of all that the programs do. Every statement is run, and touches no row.
    std::vector<Refusal> refusals();

    /// What rtbatch-admin migrate needs besides and the grants do not show: `CREATE, ALTER`. Empty on SQLite.
    std::string missingForMigrations();

    /// SQLite: `wal` where readers go on while one writes.
    std::string journalMode();

    /// When the last run of the refresher began, of those that are remembered.
    std::optional<Timestamp> lastRun();

    /// Since when pages are not believed, by the markup guard.
    std::optional<Timestamp> pagesSuspendedSince();

    /// Remembers for a day that Wikidata knows no such movie, by the database's clock.
    void rememberAbsent(const ImdbId& id);

    /// Deletes whatever there is of a movie that is none.
    void forget(const ImdbId& id);

    /// The tables that there should be.
    static std::vector<std::string_view> tables();

private:
    std::string text(const std::string& select);
    std::int64_t number(const std::string& select);

    Store& _store;
};

}  // namespace rtbatch
