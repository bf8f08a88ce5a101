#include "common/store/store.h"

#include <Poco/Data/Statement.h>
#include <Poco/Logger.h>

#include <algorithm>

#include "common/store/coordination_queries.h"
#include "common/store/database_url.h"
#include "common/store/migrate.h"
#include "common/store/queries.h"
#include "common/store/sql_text.h"
#include "common/store/store_impl.h"

namespace rtbatch {

namespace {

DatabaseUrl readyUrl(const std::string& text) {
    auto url = DatabaseUrl::parse(text);
    prepareClient(url);
    return url;
}

std::string versionWords(int there, int ours) {
    const std::string atVersion = "is at version " + std::to_string(there);
    return there < ours
               ? atVersion + ", this program needs " + std::to_string(ours) + ": run rtbatch-admin migrate"
               : atVersion + ", newer than this program's " + std::to_string(ours) +
                     ": install the newer program, whose rtbatch-admin migrate was run";
}

}  // namespace

SchemaError::SchemaError(const std::string& database, int there, int ours)
    : StoreError("the database (" + database + ") " + versionWords(there, ours), Kind::unmigrated),
      _publicWords("The database " + versionWords(there, ours) + ".") {}

Store::Impl::Impl(const StoreOptions& options)
    : _url(readyUrl(options.url)),
      _timeout(options.timeout),
      _clockSql(options.leaseClock.empty() ? databaseClock(_url.dialect) : options.leaseClock),
      _aheadLimits(options.aheadLimits),
      _memory(options.memoryBytes, options.memoryAge),
      _pool(_url, static_cast<std::size_t>(std::max(1, options.maxConnections)), options.timeout,
            options.leaseClock),
      _watch(_url, options.timeout,
             {.hangs = [this] { _pool.giveUp("the database (" + _url.describe() + ") does not answer"); },
              .everyLook = [this] { _pool.closeOld(); },
              .ended = [this] { _pool.interrupt(); }}) {}

void Store::Impl::endAt(Deadline deadline) {
    _watch.endAt(deadline.when());
}

/// From when a call takes on, until when it may.
Deadline Store::Impl::deadlineOfCall() const {
    Deadline deadline = Deadline::in(_timeout).sooner(_watch.end());
    if (const auto patience = StorePatience::current()) {
        deadline = deadline.sooner(*patience);
    }
    return deadline;
}

/// The words and the kind of what a statement threw; tells the watch.
StoreError Store::Impl::errorOf(const StoreFault& fault, Clock::time_point began, bool late) {
    using Kind = StoreError::Kind;
    const bool unanswered = fault.gone && late;
    noteAnswer(unanswered, began);
    if (fault.unwritable) {
        _writability.refused("the database (" + _url.describe() + ") cannot be written: " + fault.message);
    }
    const bool unmigrated = fault.unmigrated && isAtOtherVersion();
    const std::string what = "the database (" + _url.describe() + "): " + fault.message +
                             (unmigrated ? "; run rtbatch-admin migrate" : "");
    if (unmigrated) {
        _lacksTables = true;
        _writability.refused(what);
    }
    return StoreError(what, fault.conflict     ? Kind::conflict
                            : fault.unwritable ? Kind::unwritable
                            : unmigrated       ? Kind::unmigrated
                            : unanswered       ? Kind::noAnswer
                                               : Kind::fault);
}

/// Whether a statement that found no such table or column has met tables of another version. Else it was the
/// statement's own fault: without memory a stream cuts its text short.
bool Store::Impl::isAtOtherVersion() {
    thread_local bool asking = false;
    if (asking) {
        return true;  // the table that has the version is missing too
    }
    asking = true;
    std::optional<int> there;
    try {
        there = versionThere();
    } catch (const StoreError&) {
        there = std::nullopt;  // it answers no more, and the next statement will say so
    }
    asking = false;
    return there && *there != migrations(_url.dialect).back().version;
}

/// Writes a lease that has ended: nobody minds it, and the refresher's run takes it away.
void Store::Impl::tryToWrite() {
    if (_lacksTables) {  // a lease could be written all the same
        checkVersion();
        _lacksTables = false;
    }
    call([](Connection& c) {
        const std::string name(kTrial);
        return c.coordination().acquireLease(name, name, std::chrono::milliseconds(0));
    });
    _writability.written();
}

/// 0: there are no tables.
int Store::Impl::versionThere() {
    try {
        return call([](Connection& c) { return c.queries().schemaVersion(); });
    } catch (const StoreError& error) {
        if (error.kind() != StoreError::Kind::unmigrated) {
            throw;
        }
        return 0;
    }
}

void Store::Impl::checkVersion() {
    const int there = versionThere();
    const int ours = migrations(_url.dialect).back().version;
    auto& logger = Poco::Logger::get("rtbatch.store");
    if (there == ours) {
        if (_otherVersion.exchange(false)) {
            logger.notice("the database is at this program's version now, %d", ours);
        }
        return;
    }
    if (!_otherVersion.exchange(true)) {
        logger.error(SchemaError(_url.describe(), there, ours).what());
    }
    throw SchemaError(_url.describe(), there, ours);
}

void Store::Impl::noteAnswer(bool unanswered, Clock::time_point began) {
    if (!unanswered) {
        _watch.answered();
    } else if (StorePatience::current()) {
        _watch.suspect();
    } else {
        _watch.unanswered(began);
    }
}

ConnectionPool::Lease Store::Impl::connect(Deadline deadline, Clock::time_point began, bool fresh) {
    _watch.check();
    try {
        if (_url.dialect == Dialect::mysql) {
            _watch.start();  // connections grow old
        }
        return _pool.take(deadline, fresh);
    } catch (const StoreError& error) {
        if (error.kind() == StoreError::Kind::noAnswer) {
            noteAnswer(true, began);
        }
        throw;
    }
}

namespace {

std::optional<Deadline>& patienceOfThread() {
    thread_local std::optional<Deadline> patience;
    return patience;
}

}  // namespace

StorePatience::StorePatience(std::chrono::milliseconds patience) : _before(patienceOfThread()) {
    const Deadline mine = Deadline::in(patience);
    patienceOfThread() = _before ? mine.sooner(*_before) : mine;
}

StorePatience::~StorePatience() {
    patienceOfThread() = _before;
}

std::optional<Deadline> StorePatience::current() {
    return patienceOfThread();
}

void Store::Impl::readClock(Connection& connection) {
    std::int64_t time = 0;
    const auto asked = SharedClock::Steady::now();
    Poco::Data::Statement statement(connection.session());
    statement << "SELECT " + _clockSql;
    statement.addExtract(Poco::Data::Keywords::into(time));
    statement.execute();
    _clock.measured(fromMillis(time), asked, SharedClock::Steady::now());
}

Timestamp Store::Impl::askTime() {
    return call([this](Connection& connection) {
        readClock(connection);
        return time();
    });
}

Store::Store(const StoreOptions& options) : _impl(std::make_unique<Impl>(options)) {}

Store::~Store() = default;

Timestamp Store::time() const {
    return _impl->time();
}

std::vector<CachedMovie> Store::findMovies(std::span<const ImdbId> ids) {
    if (ids.empty()) {
        return {};
    }
    auto movies = _impl->call([&](Connection& c) { return c.queries().findMovies(ids); });
    const Timestamp now = time();
    for (CachedMovie& movie : movies) {
        distrust(movie, now, _impl->aheadLimits());
    }
    return movies;
}

std::vector<MovieRow> Store::findRecent(std::span<const ImdbId> ids) {
    RowMemory& memory = _impl->memory();
    std::vector<MovieRow> rows(ids.size());
    std::vector<ImdbId> open(ids.begin(), ids.end());
    if (memory.isOn()) {
        open.clear();
        const Timestamp now = time();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            rows[i] = memory.find(ids[i], now);
            if (!rows[i]) {
                open.push_back(ids[i]);
            }
        }
        const auto missing = static_cast<std::int64_t>(open.size());
        metrics().rowMemory.count(MemoryResult::hit, static_cast<std::int64_t>(ids.size()) - missing);
        metrics().rowMemory.count(MemoryResult::miss, missing);
    }
    for (CachedMovie& movie : findMovies(open)) {
        const auto place = std::ranges::find(ids, movie.imdbId);
        if (place != ids.end() && movie.isSound()) {
            MovieRow& row = rows[static_cast<std::size_t>(place - ids.begin())];
            row = std::make_shared<const CachedMovie>(std::move(movie));
            memory.put(row);
        }
    }
    return rows;
}

std::optional<StoredMovie> Store::findStored(const ImdbId& id) {
    auto movie = _impl->call([&](Connection& c) { return c.queries().findStored(id); });
    if (movie) {
        distrust(*movie, time(), _impl->aheadLimits());
    }
    return movie;
}

void Store::saveMovie(const StoredMovie& movie) {
    _impl->call([&](Connection& c) {
        c.queries().saveMovie(movie);
        return true;
    });
    if (_impl->memory().isOn()) {
        _impl->memory().put(std::make_shared<const CachedMovie>(movie));
    }
}

std::vector<KnownRtId> Store::findRtIds(std::span<const ImdbId> ids) {
    if (ids.empty()) {
        return {};
    }
    auto answers = _impl->call([&](Connection& c) { return c.queries().findRtIds(ids, time()); });
    std::erase_if(answers,
                  [&](const KnownRtId& answer) { return !isBelieved(answer, time(), _impl->aheadLimits()); });
    return answers;
}

std::vector<ImdbId> Store::findMoviesOf(const RtId& rtId) {
    return _impl->call([&](Connection& c) {
        return c.queries().findMoviesOf(
            rtId, time(),
            {latestBelieved(SharedTime::rtIdCheckedAt, time()),
             latestBelieved(SharedTime::rtIdExpiresAt, time(), _impl->aheadLimits())});
    });
}

void Store::saveRtIds(std::span<const KnownRtId> answers) {
    if (answers.empty()) {
        return;
    }
    _impl->call([&](Connection& c) {
        c.queries().saveRtIds(answers);
        return true;
    });
}

std::string Store::deployment() {
    return std::to_string(_impl->call([](Connection& c) { return c.queries().birth(); }));
}

bool Store::acquireLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term) {
    return _impl->call([&](Connection& c) { return c.coordination().acquireLease(name, owner, term); });
}

std::vector<std::string> Store::acquireLeases(std::span<const std::string> names, const std::string& owner,
                                              std::chrono::milliseconds term) {
    return _impl->call([&](Connection& c) { return c.coordination().acquireLeases(names, owner, term); });
}

bool Store::renewLease(const std::string& name, const std::string& owner, std::chrono::milliseconds term) {
    return _impl->call([&](Connection& c) { return c.coordination().renewLease(name, owner, term); });
}

void Store::releaseLeases(std::span<const std::string> names, const std::string& owner) {
    if (names.empty()) {
        return;
    }
    _impl->call([&](Connection& c) {
        c.coordination().releaseLeases(names, owner);
        return true;
    });
}

bool Store::exchangeLeases(const LeaseName& given, const LeaseName& retaken, std::chrono::milliseconds term) {
    return _impl->call([&](Connection& c) { return c.coordination().exchangeLeases(given, retaken, term); });
}

void Store::purgeLeases(std::chrono::milliseconds endedFor) {
    _impl->call([&](Connection& c) {
        c.coordination().purgeLeases(endedFor);
        return true;
    });
}

LeaseView Store::findLeases(std::span<const std::string> names) {
    return _impl->call([&](Connection& c) { return c.coordination().findLeases(names); });
}

UpstreamView Store::readUpstream(const std::string& upstream) {
    const auto asked = SharedClock::Steady::now();
    UpstreamView view = _impl->call([&](Connection& c) { return c.coordination().readUpstream(upstream); });
    if (view.slots.time != Timestamp{}) {
        _impl->clock().measured(view.slots.time, asked, SharedClock::Steady::now());
    }
    distrust(view.state, view.slots.time, _impl->aheadLimits());
    const auto lost = std::erase_if(view.slots.leases, [&](const LeaseRow& lease) {
        return isTooFarAhead(SharedTime::leaseTakenAt, lease.acquiredAt, view.slots.time);
    });
    view.ended += static_cast<int>(lost);
    return view;
}

bool Store::saveUpstream(const std::string& upstream, const UpstreamState& state) {
    return _impl->call([&](Connection& c) { return c.coordination().saveUpstream(upstream, state); });
}

std::vector<KnownFailure> Store::findFailures(std::span<const ImdbId> ids) {
    if (ids.empty()) {
        return {};
    }
    auto failures = _impl->call([&](Connection& c) { return c.coordination().findFailures(ids); });
    for (KnownFailure& failure : failures) {
        distrust(failure, time());
    }
    return failures;
}

void Store::saveFailure(const KnownFailure& failure, std::chrono::milliseconds holdOff) {
    _impl->call([&](Connection& c) {
        c.coordination().saveFailure(failure, holdOff);
        return true;
    });
}

void Store::forgetFailure(const ImdbId& id) {
    _impl->call([&](Connection& c) {
        c.coordination().forgetFailure(id);
        return true;
    });
}

std::optional<std::string> Store::writeRefusal() {
    if (_impl->writability().isRefused() && _impl->writability().isDue()) {
        try {
            _impl->tryToWrite();
        } catch (const StoreError&) {  // it still cannot, or the next one will see what else there is
        }
    }
    return _impl->writability().refusal();
}

bool Store::refusesWrites() const {
    return _impl->writability().isRefused();
}

void Store::checkWritable() {
    if (_impl->writability().isDue()) {
        _impl->tryToWrite();
    } else if (const auto refusal = _impl->writability().refusal()) {
        throw StoreError(*refusal, StoreError::Kind::unwritable);
    }
}

void Store::forgetTrial() {
    const std::string name(Impl::kTrial);
    releaseLeases({&name, 1}, name);
}

void Store::endAt(Deadline deadline) {
    _impl->endAt(deadline);
}

void Store::check() {
    _impl->checkVersion();
}

}  // namespace rtbatch
