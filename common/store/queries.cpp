#include "common/store/queries.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/store/sql_text.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// One has one, some items of Wikidata have two.
constexpr int kMostMoviesOfAPage = 50;

}  // namespace

/// One row, as often as a page is fetched. A release of 0 is none.
struct Queries::FindStored {
    explicit FindStored(Poco::Data::Session& session) : statement(session) {
        statement << "SELECT rt_slug, facts, cached_at, expires_at, unchanged, suspect_at, "
                     "COALESCE(released_at, " +
                         std::to_string(kNoRelease) + ") FROM rt_cache WHERE imdb_id = ?";
        statement.addBind(use(imdbId));
        statement.addExtract(into(slugs));
        statement.addExtract(into(facts));
        for (auto& column : numbers) {
            statement.addExtract(into(column));
        }
    }

    std::string imdbId;
    std::vector<std::string> slugs;
    std::vector<std::string> facts;
    std::array<std::vector<std::int64_t>, 5> numbers;  // cached, expires, unchanged, suspect, released
    Statement statement;
};

struct Queries::Save {
    Save(Poco::Data::Session& session, Dialect dialect) : statement(session) {
        static constexpr std::array kColumns{"rt_slug",   "facts",      "cached_at",  "expires_at",
                                             "unchanged", "suspect_at", "released_at"};
        std::string columns;
        std::string assignments;
        for (const std::string column : kColumns) {
            columns.append(", ").append(column);
            assignments.append(assignments.empty() ? "" : ", ").append(column).append(" = ");
            assignments.append(brought(dialect, column));
        }
        statement << "INSERT INTO rt_cache (imdb_id" + columns + ") VALUES (?, ?, ?, ?, ?, ?, ?, NULLIF(?, " +
                         std::to_string(kNoRelease) + "))" + whenThere(dialect, "imdb_id") + assignments;
        statement.addBind(use(imdbId));
        statement.addBind(use(rtId));
        statement.addBind(use(facts));
        for (auto& number : numbers) {
            statement.addBind(use(number));
        }
    }

    std::string imdbId;
    std::string rtId;
    std::string facts;
    std::array<std::int64_t, 5> numbers{};  // cached, expires, unchanged, suspect, released
    Statement statement;
};

Queries::Queries(Poco::Data::Session& session, Dialect dialect)
    : _session(session), _dialect(dialect), _lookup(session, dialect) {}

Queries::~Queries() = default;

std::optional<StoredMovie> Queries::findStored(const ImdbId& id) {
    if (!_findStored) {
        _findStored = std::make_unique<FindStored>(_session);
    }
    FindStored& find = *_findStored;
    find.imdbId = id.text();
    find.slugs.clear();
    find.facts.clear();
    for (auto& column : find.numbers) {
        column.clear();
    }
    find.statement.execute();
    if (find.slugs.empty()) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t column) { return find.numbers[column][0]; };
    StoredMovie movie{{id, find.slugs[0], find.facts[0], fromMillis(number(0)), fromMillis(number(1))},
                      static_cast<int>(number(2))};
    if (number(3) != 0) {
        movie.suspectAt = fromMillis(number(3));
    }
    if (number(4) != kNoRelease) {
        movie.released = std::chrono::floor<std::chrono::days>(fromMillis(number(4)));
    }
    return movie;
}

void Queries::saveMovie(const StoredMovie& movie) {
    if (!_saveMovie) {
        _saveMovie = std::make_unique<Save>(_session, _dialect);
    }
    Save& save = *_saveMovie;
    save.imdbId = movie.imdbId.text();
    save.rtId = movie.rtId;
    save.facts = movie.facts;
    save.numbers = {toMillis(movie.cachedAt), toMillis(movie.expiresAt), movie.unchanged,
                    movie.suspectAt ? toMillis(*movie.suspectAt) : 0,
                    movie.released ? toMillis(*movie.released) : kNoRelease};
    save.statement.execute();
}

std::vector<KnownRtId> Queries::findRtIds(std::span<const ImdbId> ids, Timestamp now) {
    std::vector<std::string> wanted;
    wanted.reserve(ids.size());
    for (const auto& id : ids) {
        wanted.push_back(id.string());
    }
    std::int64_t notBefore = toMillis(now);
    std::vector<std::string> imdbIds;
    std::vector<std::string> rtIds;
    std::vector<std::int64_t> checkedAt;
    std::vector<std::int64_t> expiresAt;
    Statement statement(_session);
    statement
        << "SELECT imdb_id, COALESCE(rt_id, ''), checked_at, expires_at FROM rt_id WHERE expires_at > ? AND "
           "imdb_id IN (" +
               repeated("?", wanted.size()) + ")";
    statement.addBind(use(notBefore));
    for (auto& id : wanted) {
        statement.addBind(use(id));
    }
    statement.addExtract(into(imdbIds));
    statement.addExtract(into(rtIds));
    statement.addExtract(into(checkedAt));
    statement.addExtract(into(expiresAt));
    statement.execute();

    std::vector<KnownRtId> known;
    known.reserve(imdbIds.size());
    for (std::size_t i = 0; i < imdbIds.size(); ++i) {
        const auto id = ImdbId::parse(imdbIds[i]);
        auto rtId = RtId::parse(rtIds[i]);
        // A stored id that is not one any more (an older program's rule) is not "known absent": ask again.
        if (id && (rtId || rtIds[i].empty())) {
            known.push_back({*id, std::move(rtId), fromMillis(checkedAt[i]), fromMillis(expiresAt[i])});
        }
    }
    return known;
}

std::vector<ImdbId> Queries::findMoviesOf(const RtId& rtId, Timestamp now, const Latest& latest) {
    std::string page = rtId.text();
    std::int64_t notBefore = toMillis(now);
    std::int64_t notAfter = toMillis(latest.expiresAt);
    std::int64_t notCheckedAfter = toMillis(latest.checkedAt);
    std::vector<std::string> found;
    Statement statement(_session);
    statement << "SELECT imdb_id FROM rt_id WHERE rt_id = ? AND expires_at > ? AND expires_at <= ? AND "
                 "checked_at <= ? ORDER BY imdb_id LIMIT " +
                     std::to_string(kMostMoviesOfAPage);
    statement.addBind(use(page));
    statement.addBind(use(notBefore));
    statement.addBind(use(notAfter));
    statement.addBind(use(notCheckedAfter));
    statement.addExtract(into(found));
    statement.execute();
    std::vector<ImdbId> ids;
    for (const std::string& text : found) {
        if (const auto id = ImdbId::parse(text)) {
            ids.push_back(*id);
        }
    }
    return ids;
}

void Queries::saveRtIds(std::span<const KnownRtId> answers) {
    struct Row {
        std::string imdbId;
        std::string rtId;
        std::int64_t checkedAt;
        std::int64_t expiresAt;
    };
    std::vector<Row> rows;
    rows.reserve(answers.size());
    for (const auto& a : answers) {
        rows.push_back(
            {a.imdbId.string(), a.rtId ? a.rtId->text() : "", toMillis(a.checkedAt), toMillis(a.expiresAt)});
    }
    // In one order for all writers, so that two of them do not lock each other's rows crosswise.
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.imdbId < b.imdbId; });
    Statement statement(_session);
    statement
        << "INSERT INTO rt_id (imdb_id, rt_id, checked_at, expires_at) VALUES " +
               repeated("(?, NULLIF(?, ''), ?, ?)", rows.size()) +
               (_dialect == Dialect::sqlite
                    ? " ON CONFLICT (imdb_id) DO UPDATE SET rt_id = excluded.rt_id, "
                      "checked_at = excluded.checked_at, expires_at = excluded.expires_at"
                    : " ON DUPLICATE KEY UPDATE rt_id = VALUES(rt_id), checked_at = VALUES(checked_at), "
                      "expires_at = VALUES(expires_at)");
    for (auto& row : rows) {
        statement.addBind(use(row.imdbId));
        statement.addBind(use(row.rtId));
        statement.addBind(use(row.checkedAt));
        statement.addBind(use(row.expiresAt));
    }
    statement.execute();
}

int Queries::schemaVersion() {
    std::int64_t version = 0;
    Statement statement(_session);
    statement << "SELECT COALESCE(MAX(version), 0) FROM schema_migration";
    statement.addExtract(into(version));
    statement.execute();
    return static_cast<int>(version);
}

std::int64_t Queries::birth() {
    std::int64_t time = 0;
    Statement statement(_session);
    statement << "SELECT COALESCE(MIN(applied_at), 0) FROM schema_migration";
    statement.addExtract(into(time));
    statement.execute();
    return time;
}

}  // namespace rtbatch
