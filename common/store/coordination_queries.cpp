#include "common/store/coordination_queries.h"

#include <Poco/Data/Statement.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/store/ahead.h"
#include "common/store/sql_text.h"

namespace rtbatch {

namespace {

using Poco::Data::Statement;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::use;

/// The longest time that a failing film is left alone.
constexpr std::int64_t kLongestHoldOffMs = std::int64_t{24} * 3600 * 1000;

std::string clockOf(Dialect dialect, const std::string& clock) {
    return clock.empty() ? databaseClock(dialect) : clock;
}

/// Of a lease that was taken while the clock was ahead, and is free. (Where that clock is set back at once,
/// who took it in the last seconds may go on for the rest of his term.)
std::string takenAhead(const std::string& clock, const std::string& table = "") {
    const auto tolerance = std::chrono::milliseconds(kClockTolerance).count();
    return table + "acquired_at > " + clock + " + " + std::to_string(tolerance);
}

/// Names and owners are ASCII, and so is the first byte after them.
std::string afterAll(const std::string& prefix) {
    std::string end = prefix;
    ++end.back();
    return end;
}

}  // namespace

// The statements that each page needs. Poco binds by reference, so what they are bound to must not move.

struct CoordinationQueries::Acquire {
    Acquire(Poco::Data::Session& session, const std::string& sql) : statement(session) {
        statement << sql;
        statement.addBind(use(name));
        statement.addBind(use(owner));
        statement.addBind(use(term));
    }
    std::string name;
    std::string owner;
    std::int64_t term = 0;
    Statement statement;
};

struct CoordinationQueries::Renew {
    Renew(Poco::Data::Session& session, Dialect dialect, const std::string& clock) : statement(session) {
        // Later by a millisecond at least: MySQL does not count a row that keeps its values. One that was
        // taken while the clock was ahead, and by nobody since, goes by the right time from now on.
        const bool sqlite = dialect == Dialect::sqlite;
        statement << "UPDATE lease SET expires_at = CASE WHEN " + takenAhead(clock) + " THEN " + clock +
                         " + ? ELSE " + (sqlite ? "MAX" : "GREATEST") + "(expires_at + 1, " + clock +
                         " + ?) END, acquired_at = " + (sqlite ? "MIN" : "LEAST") + "(acquired_at, " + clock +
                         ") WHERE name = ? AND owner = ? AND expires_at > " + clock;
        statement.addBind(use(term));
        statement.addBind(use(term));
        statement.addBind(use(name));
        statement.addBind(use(owner));
    }
    std::int64_t term = 0;
    std::string name;
    std::string owner;
    Statement statement;
};

struct CoordinationQueries::Release {
    explicit Release(Poco::Data::Session& session) : statement(session) {
        statement << "DELETE FROM lease WHERE name = ? AND owner = ?";
        statement.addBind(use(name));
        statement.addBind(use(owner));
    }
    std::string name;
    std::string owner;
    Statement statement;
};

/// The lease that is given back stays as a row that has ended.
struct CoordinationQueries::Exchange {
    Exchange(Poco::Data::Session& session, const std::string& clock) : statement(session) {
        statement
            << "UPDATE lease SET acquired_at = CASE WHEN name = ? THEN acquired_at ELSE " + clock +
                   " END, expires_at = CASE WHEN name = ? THEN 0 ELSE " + clock +
                   " + ? END WHERE (name = ? AND owner = ?) OR (name = ? AND owner = ? AND expires_at > " +
                   clock + ")";
        statement.addBind(use(given.name));
        statement.addBind(use(given.name));
        statement.addBind(use(term));
        statement.addBind(use(given.name));
        statement.addBind(use(given.owner));
        statement.addBind(use(retaken.name));
        statement.addBind(use(retaken.owner));
    }
    LeaseName given;
    LeaseName retaken;
    std::int64_t term = 0;
    Statement statement;
};

/// One statement for the state and the leases, for it is asked for with every page. The state stands in each
/// row, the lease's columns are empty when there is none.
struct CoordinationQueries::Read {
    Read(Poco::Data::Session& session, const std::string& clock) : statement(session) {
        statement
            << "SELECT " + clock +
                   ", u.failures, u.forbidden, u.is_open, u.opening_ms, u.shut_at, u.shut_until, "
                   "u.probe_until, u.version, u.suspended_at, u.cleared_at, u.redirected, u.redirected_page, "
                   "COALESCE(l.name, ''), "
                   "COALESCE(l.owner, ''), "
                   "COALESCE(l.acquired_at, 0), COALESCE(l.expires_at, 0) FROM upstream_state u "
                   "LEFT JOIN lease l ON l.name >= ? AND l.name < ? WHERE u.upstream = ?";
        statement.addBind(use(from));
        statement.addBind(use(to));
        statement.addBind(use(upstream));
        for (auto& column : numbers) {
            statement.addExtract(into(column));
        }
        statement.addExtract(into(pages));
        statement.addExtract(into(names));
        statement.addExtract(into(owners));
        statement.addExtract(into(acquiredAt));
        statement.addExtract(into(expiresAt));
    }
    std::string from;
    std::string to;
    std::string upstream;
    std::array<std::vector<std::int64_t>, 12> numbers;
    std::vector<std::string> pages;
    std::vector<std::string> names;
    std::vector<std::string> owners;
    std::vector<std::int64_t> acquiredAt;
    std::vector<std::int64_t> expiresAt;
    Statement statement;
};

CoordinationQueries::CoordinationQueries(Poco::Data::Session& session, Dialect dialect,
                                         const std::string& clock)
    : _session(session), _dialect(dialect), _clock(clockOf(dialect, clock)) {}

CoordinationQueries::~CoordinationQueries() = default;

/// Takes each name that is free, has ended, or is this owner's already: then the statement came twice, for
/// the reply to the first was lost. MySQL assigns from left to right, and what is assigned is seen at once:
/// so the owner comes first, and by him the others see whether they follow.
std::string CoordinationQueries::upsertLeases(std::size_t count) const {
    const std::string sql = "INSERT INTO lease (name, owner, acquired_at, expires_at) VALUES " +
                            repeated("(?, ?, " + _clock + ", " + _clock + " + ?)", count);
    if (_dialect == Dialect::sqlite) {
        return sql +
               " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, acquired_at = "
               "excluded.acquired_at, "
               "expires_at = excluded.expires_at WHERE lease.owner = excluded.owner OR lease.expires_at <= " +
               _clock + " OR " + takenAhead(_clock, "lease.");
    }
    return sql + " ON DUPLICATE KEY UPDATE owner = IF(expires_at <= " + _clock + " OR " + takenAhead(_clock) +
           ", VALUES(owner), owner), acquired_at = IF(owner = VALUES(owner), VALUES(acquired_at), "
           "acquired_at), expires_at = IF(owner = VALUES(owner), VALUES(expires_at), expires_at)";
}

bool CoordinationQueries::acquireLease(const std::string& name, const std::string& owner,
                                       std::chrono::milliseconds term) {
    if (!_acquire) {
        _acquire = std::make_unique<Acquire>(_session, upsertLeases(1));
    }
    _acquire->name = name;
    _acquire->owner = owner;
    _acquire->term = term.count();
    return _acquire->statement.execute() > 0;
}

std::vector<std::string> CoordinationQueries::acquireLeases(std::span<const std::string> names,
                                                            const std::string& owner,
                                                            std::chrono::milliseconds term) {
    std::vector<std::string> wanted(names.begin(), names.end());
    // In one order for all, so that two processes do not lock each other's rows crosswise.
    std::ranges::sort(wanted);
    std::string holder = owner;
    std::int64_t length = term.count();
    {
        Statement statement(_session);
        statement << upsertLeases(wanted.size());
        for (auto& name : wanted) {
            statement.addBind(use(name));
            statement.addBind(use(holder));
            statement.addBind(use(length));
        }
        statement.execute();
    }
    std::vector<std::string> taken;
    Statement statement(_session);
    statement << "SELECT name FROM lease WHERE owner = ? AND name IN (" + repeated("?", wanted.size()) + ")";
    statement.addBind(use(holder));
    for (auto& name : wanted) {
        statement.addBind(use(name));
    }
    statement.addExtract(into(taken));
    statement.execute();
    return taken;
}

bool CoordinationQueries::renewLease(const std::string& name, const std::string& owner,
                                     std::chrono::milliseconds term) {
    if (!_renew) {
        _renew = std::make_unique<Renew>(_session, _dialect, _clock);
    }
    _renew->term = term.count();
    _renew->name = name;
    _renew->owner = owner;
    return _renew->statement.execute() > 0;
}

void CoordinationQueries::releaseLeases(std::span<const std::string> names, const std::string& owner) {
    if (names.size() == 1) {
        if (!_release) {
            _release = std::make_unique<Release>(_session);
        }
        _release->name = names.front();
        _release->owner = owner;
        _release->statement.execute();
        return;
    }
    std::string holder = owner;
    std::vector<std::string> given(names.begin(), names.end());
    std::ranges::sort(given);
    Statement statement(_session);
    statement << "DELETE FROM lease WHERE owner = ? AND name IN (" + repeated("?", given.size()) + ")";
    statement.addBind(use(holder));
    for (auto& name : given) {
        statement.addBind(use(name));
    }
    statement.execute();
}

void CoordinationQueries::purgeLeases(std::chrono::milliseconds endedFor) {
    std::int64_t age = endedFor.count();
    Statement statement(_session);
    statement << "DELETE FROM lease WHERE expires_at <= " + _clock + " - ? OR " + takenAhead(_clock);
    statement.addBind(use(age));
    statement.execute();
}

bool CoordinationQueries::exchangeLeases(const LeaseName& given, const LeaseName& retaken,
                                         std::chrono::milliseconds term) {
    if (!_exchange) {
        _exchange = std::make_unique<Exchange>(_session, _clock);
    }
    _exchange->given = given;
    _exchange->retaken = retaken;
    _exchange->term = term.count();
    return _exchange->statement.execute() > 1;
}

LeaseView CoordinationQueries::findLeases(std::span<const std::string> names) {
    std::vector<std::string> wanted(names.begin(), names.end());
    std::vector<std::int64_t> time;
    std::vector<std::string> found;
    std::vector<std::string> owners;
    std::vector<std::int64_t> acquiredAt;
    std::vector<std::int64_t> expiresAt;
    Statement statement(_session);
    statement << "SELECT " + _clock +
                     ", name, owner, acquired_at, expires_at FROM lease WHERE expires_at > " + _clock +
                     " AND NOT (" + takenAhead(_clock) + ") AND name IN (" + repeated("?", wanted.size()) +
                     ")";
    for (auto& name : wanted) {
        statement.addBind(use(name));
    }
    statement.addExtract(into(time));
    statement.addExtract(into(found));
    statement.addExtract(into(owners));
    statement.addExtract(into(acquiredAt));
    statement.addExtract(into(expiresAt));
    statement.execute();
    LeaseView view;
    for (std::size_t i = 0; i < found.size(); ++i) {
        view.time = fromMillis(time[i]);
        view.leases.push_back({found[i], owners[i], fromMillis(acquiredAt[i]), fromMillis(expiresAt[i])});
    }
    return view;
}

UpstreamView CoordinationQueries::readUpstream(const std::string& upstream) {
    if (!_read) {
        _read = std::make_unique<Read>(_session, _clock);
    }
    Read& read = *_read;
    read.upstream = upstream;
    read.from = "slot." + upstream + ".";
    read.to = afterAll(read.from);
    for (auto& column : read.numbers) {
        column.clear();
    }
    read.pages.clear();
    read.names.clear();
    read.owners.clear();
    read.acquiredAt.clear();
    read.expiresAt.clear();
    read.statement.execute();
    const auto& n = read.numbers;
    if (n[0].empty()) {
        // Nobody deletes these rows but a person; saveUpstream() then finds none to write.
        return {};
    }
    UpstreamView view;
    view.slots.time = fromMillis(n[0][0]);
    view.state = {static_cast<int>(n[1][0]),
                  static_cast<int>(n[2][0]),
                  n[3][0] != 0,
                  std::chrono::milliseconds(n[4][0]),
                  fromMillis(n[5][0]),
                  fromMillis(n[6][0]),
                  fromMillis(n[7][0]),
                  n[8][0],
                  fromMillis(n[9][0]),
                  fromMillis(n[10][0]),
                  static_cast<int>(n[11][0]),
                  read.pages[0]};
    for (std::size_t i = 0; i < read.names.size(); ++i) {
        if (!read.names[i].empty() && fromMillis(read.expiresAt[i]) > view.slots.time) {
            view.slots.leases.push_back({read.names[i], read.owners[i], fromMillis(read.acquiredAt[i]),
                                         fromMillis(read.expiresAt[i])});
        } else if (!read.names[i].empty()) {
            ++view.ended;
        }
    }
    return view;
}

bool CoordinationQueries::saveUpstream(const std::string& upstream, const UpstreamState& state) {
    int failures = state.failures;
    int forbidden = state.forbidden;
    int open = state.open ? 1 : 0;
    std::int64_t opening = state.nextOpening.count();
    std::int64_t shutAt = toMillis(state.shutAt);
    std::int64_t shutUntil = toMillis(state.shutUntil);
    std::int64_t probeUntil = toMillis(state.probeUntil);
    std::string name = upstream;
    std::int64_t version = state.version;
    std::int64_t suspendedAt = toMillis(state.suspendedAt);
    std::int64_t clearedAt = toMillis(state.clearedAt);
    int redirected = state.redirected;
    std::string redirectedPage = cutToColumn(state.redirectedPage);
    Statement statement(_session);
    statement
        << "UPDATE upstream_state SET failures = ?, forbidden = ?, is_open = ?, opening_ms = ?, "
           "shut_at = ?, shut_until = ?, probe_until = ?, suspended_at = ?, cleared_at = ?, redirected = ?, "
           "redirected_page = ?, version = version + 1 "
           "WHERE upstream = ? AND version = ?";
    statement.addBind(use(failures));
    statement.addBind(use(forbidden));
    statement.addBind(use(open));
    statement.addBind(use(opening));
    statement.addBind(use(shutAt));
    statement.addBind(use(shutUntil));
    statement.addBind(use(probeUntil));
    statement.addBind(use(suspendedAt));
    statement.addBind(use(clearedAt));
    statement.addBind(use(redirected));
    statement.addBind(use(redirectedPage));
    statement.addBind(use(name));
    statement.addBind(use(version));
    return statement.execute() > 0;
}

std::vector<KnownFailure> CoordinationQueries::findFailures(std::span<const ImdbId> ids) {
    std::vector<std::string> wanted;
    wanted.reserve(ids.size());
    for (const ImdbId& id : ids) {
        wanted.push_back(id.string());
    }
    std::vector<std::string> imdbIds;
    std::vector<std::string> messages;
    std::vector<std::int64_t> failedAt;
    std::vector<std::int64_t> retryAt;
    Statement statement(_session);
    statement << "SELECT imdb_id, message, failed_at, retry_at FROM rt_failure WHERE imdb_id IN (" +
                     repeated("?", wanted.size()) + ")";
    for (auto& id : wanted) {
        statement.addBind(use(id));
    }
    statement.addExtract(into(imdbIds));
    statement.addExtract(into(messages));
    statement.addExtract(into(failedAt));
    statement.addExtract(into(retryAt));
    statement.execute();
    std::vector<KnownFailure> failures;
    for (std::size_t i = 0; i < imdbIds.size(); ++i) {
        if (const auto id = ImdbId::parse(imdbIds[i])) {
            failures.push_back({*id, messages[i], fromMillis(failedAt[i]), fromMillis(retryAt[i])});
        }
    }
    return failures;
}

void CoordinationQueries::saveFailure(const KnownFailure& failure, std::chrono::milliseconds holdOff) {
    std::string id = failure.imdbId.string();
    // The hold-off doubles with each failure that has one; a failure without keeps what was there.
    int counts = holdOff.count() > 0 ? 1 : 0;
    std::int64_t failedAt = toMillis(failure.failedAt);
    std::int64_t first = holdOff.count();
    std::string message = cutToColumn(failure.message);
    const std::string least = _dialect == Dialect::sqlite ? "MIN" : "LEAST";
    const auto fresh = [&](const std::string& column) { return brought(_dialect, column); };
    const std::string longest = std::to_string(kLongestHoldOffMs);
    Statement statement(_session);
    statement << "INSERT INTO rt_failure (imdb_id, failures, failed_at, retry_at, message) "
                 "VALUES (?, ?, ?, ?, ?)" +
                     whenThere(_dialect, "imdb_id") + "retry_at = CASE WHEN " + fresh("failures") +
                     " = 0 THEN rt_failure.retry_at ELSE " + fresh("failed_at") + " + " + least + "((" +
                     fresh("retry_at") + " - " + fresh("failed_at") + ") << " + least +
                     "(rt_failure.failures, 20), " + longest + ") END, failed_at = " + fresh("failed_at") +
                     ", message = " + fresh("message") + ", failures = rt_failure.failures + " +
                     fresh("failures");
    std::int64_t retryAt = failedAt + first;
    statement.addBind(use(id));
    statement.addBind(use(counts));
    statement.addBind(use(failedAt));
    statement.addBind(use(retryAt));
    statement.addBind(use(message));
    statement.execute();
}

void CoordinationQueries::forgetFailure(const ImdbId& id) {
    std::string text = id.string();
    Statement statement(_session);
    statement << "DELETE FROM rt_failure WHERE imdb_id = ?";
    statement.addBind(use(text));
    statement.execute();
}

}  // namespace rtbatch
