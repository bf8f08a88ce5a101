#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/database_url.h"
#include "common/store/store.h"

namespace rtbatch {

/// A numbered step that brings the tables from one version to the next. The text is a file of sql/, compiled
/// into the program. On MySQL a step is not one transaction, and two programs may take it at the same time,
/// so each of its statements must do no harm when it is run again (IF NOT EXISTS and the like).
struct Migration {
    int version;            ///< from 1, without gaps
    std::string_view name;  ///< of the file, without number and ending
    std::string_view sql;   ///< statements, each ended by a ';' at the end of its line
};

/// All migrations of this program, in order.
std::span<const Migration> migrations(Dialect dialect);

/// Brings the database of `options` to this program's version and gives the migrations that it took, none
/// when there was nothing to do. Makes the directory and the file of a SQLite database. Two at the same time
/// do no harm. Throws StoreError: not reachable, refused by the database, or newer than this program; and
/// std::invalid_argument for an unreadable URL.
std::vector<Migration> migrate(const StoreOptions& options);

/// The same with other steps than the program's own.
std::vector<Migration> migrate(const StoreOptions& options, std::span<const Migration> steps);

/// The statements of a migration's text, without comment lines.
std::vector<std::string> splitStatements(std::string_view sql);

}  // namespace rtbatch
