#include "common/store/migrate.h"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "common/model/deadline.h"
#include "common/model/timestamp.h"
#include "common/store/connection.h"
#include "common/store/queries.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long a step may take: it may rebuild a large table.
constexpr auto kStepLimit = 10min;

std::size_t execute(Poco::Data::Session& session, const std::string& sql) {
    Poco::Data::Statement statement(session);
    statement << sql;
    return statement.execute();
}

/// MySQL has no ADD COLUMN IF NOT EXISTS as MariaDB has it: a column (or key) that is there was added by a
/// step that was cut short, or is being added by another migrator.
void executeOnce(Connection& connection, const std::string& sql) {
    try {
        execute(connection.session(), sql);
    } catch (const std::exception& e) {
        if (!connection.explain(e).alreadyThere) {
            throw;
        }
    }
}

void makeDirectoryFor(const std::string& file) {
    const auto directory = std::filesystem::path(file).parent_path();
    std::error_code error;
    if (!directory.empty() && !std::filesystem::is_directory(directory, error)) {
        std::filesystem::create_directories(directory, error);
        if (error) {
            throw StoreError("cannot make the directory " + directory.string() +
                             " for the database: " + error.message());
        }
    }
}

/// Readers go on while one writes. The file remembers it. SQLite does not wait for its lock here, so we do.
void useWriteAheadLog(Connection& connection, Deadline deadline) {
    for (;;) {
        try {
            execute(connection.session(), "PRAGMA journal_mode = WAL");
            return;
        } catch (const std::exception&) {
            if (deadline.passed()) {
                throw;
            }
            std::this_thread::sleep_for(10ms);
        }
    }
}

void createRegister(Connection& connection, Dialect dialect) {
    execute(connection.session(),
            std::string("CREATE TABLE IF NOT EXISTS schema_migration ("
                        "version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL, "
                        "applied_at BIGINT NOT NULL)") +
                (dialect == Dialect::mysql ? " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4" : ""));
}

/// Takes the steps above `from`. A step that another migrator finished in between is not reported.
std::vector<Migration> takeSteps(Connection& connection, Dialect dialect, std::span<const Migration> steps,
                                 int from) {
    std::vector<Migration> taken;
    for (const auto& step : steps) {
        if (step.version <= from) {
            continue;
        }
        for (const auto& sql : splitStatements(step.sql)) {
            executeOnce(connection, sql);
        }
        int version = step.version;
        std::string name(step.name);
        std::int64_t appliedAt = toMillis(now());
        Poco::Data::Statement statement(connection.session());
        statement << std::string(dialect == Dialect::mysql ? "INSERT IGNORE" : "INSERT OR IGNORE") +
                         " INTO schema_migration (version, name, applied_at) VALUES (?, ?, ?)";
        statement.addBind(Poco::Data::Keywords::use(version));
        statement.addBind(Poco::Data::Keywords::use(name));
        statement.addBind(Poco::Data::Keywords::use(appliedAt));
        if (statement.execute() == 1) {
            taken.push_back(step);
        }
    }
    return taken;
}

/// The version that the database has; refuses one that is newer than the last of `steps`.
int versionToStartFrom(Connection& connection, std::span<const Migration> steps) {
    const int version = connection.queries().schemaVersion();
    const int ours = steps.empty() ? 0 : steps.back().version;
    if (version > ours) {
        throw StoreError("the database is at version " + std::to_string(version) +
                         ", newer than this program's " + std::to_string(ours) +
                         ": install the newer program");
    }
    return version;
}

std::vector<Migration> migrateSqlite(Connection& connection, std::span<const Migration> steps) {
    useWriteAheadLog(connection, Deadline::in(30s));
    execute(connection.session(), "BEGIN IMMEDIATE");
    // Without a COMMIT, closing the connection rolls everything back.
    createRegister(connection, Dialect::sqlite);
    auto taken = takeSteps(connection, Dialect::sqlite, steps, versionToStartFrom(connection, steps));
    execute(connection.session(), "COMMIT");
    return taken;
}

std::vector<Migration> migrateMysql(Connection& connection, std::span<const Migration> steps) {
    createRegister(connection, Dialect::mysql);
    return takeSteps(connection, Dialect::mysql, steps, versionToStartFrom(connection, steps));
}

}  // namespace

std::vector<Migration> migrate(const StoreOptions& options) {
    return migrate(options, migrations(DatabaseUrl::parse(options.url).dialect));
}

std::vector<Migration> migrate(const StoreOptions& options, std::span<const Migration> steps) {
    const auto url = DatabaseUrl::parse(options.url);
    prepareClient(url);
    if (url.dialect == Dialect::sqlite) {
        makeDirectoryFor(url.path);
    }
    Connection connection(url, Connection::Mode::create, kStepLimit, Deadline::in(options.timeout));
    connection.setDeadline(Deadline::in(kStepLimit));
    try {
        return url.dialect == Dialect::sqlite ? migrateSqlite(connection, steps)
                                              : migrateMysql(connection, steps);
    } catch (const StoreError&) {
        throw;
    } catch (const std::exception& e) {
        throw StoreError("cannot migrate the database (" + url.describe() +
                         "): " + connection.explain(e).message);
    }
}

std::vector<std::string> splitStatements(std::string_view sql) {
    std::vector<std::string> statements;
    std::string statement;
    while (!sql.empty()) {
        const auto end = sql.find('\n');
        auto line = sql.substr(0, end);
        sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 1);
        const auto last = line.find_last_not_of(" \t\r");
        line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
        if (line.empty() || line.starts_with("--")) {
            continue;
        }
        const bool ends = line.ends_with(';');
        statement += ends ? line.substr(0, line.size() - 1) : line;
        statement += '\n';
        if (ends) {
            statements.push_back(std::exchange(statement, {}));
        }
    }
    if (!statement.empty()) {
        statements.push_back(statement);
    }
    return statements;
}

}  // namespace rtbatch
