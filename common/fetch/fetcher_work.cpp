// The fetcher's workers: ids from Wikidata, pages from Rotten Tomatoes.
#include <algorithm>
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/fetcher_log.h"
#include "common/fetch/slot_line.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

using Kind = UpstreamFailure::Kind;
using Stage = Flight::Stage;

/// A worker that waits for a slot looks this often what there is to do; one that nobody waits for, whether a
/// person has come.
constexpr auto kSlotPatience = 1s;
constexpr auto kRenewalPatience = 100ms;

/// How long a worker rests after the database was away.
constexpr auto kStoreRetry = 250ms;

/// A query that failed is split into so many.
constexpr std::size_t kSplit = 5;

/// A claim outlasts what is done under it by so much.
constexpr auto kClaimMargin = 5s;

FetchFailed noPage(const std::string& unusable) {
    return {"Wikidata has \"" + unusable + "\" for this id, which is the page of no film or series."};
}

FetchFailed describe(const UpstreamFailure& failure) {
    return {failure.message, failure.retryAfter};
}

/// Of those who wait for a request that failed, so many are named in the log.
constexpr std::size_t kMostNames = 3;

/// For counting: after `ok` in the order of the kinds.
UpstreamResult resultOf(const UpstreamFailure* failure) {
    return failure == nullptr ? UpstreamResult::ok
                              : static_cast<UpstreamResult>(1 + static_cast<int>(failure->kind));
}

/// Throws StoreError when a database that answers slowly has left a slot too little time for a request: that
/// would fail, and the site be blamed for it.
void checkTime(const Slot& slot, std::chrono::milliseconds timeout) {
    if (slot.deadline().left() < timeout / 2) {
        throw StoreError("a slot's time ran out while it was asked");
    }
}

/// Counts a worker as busy, as long as it lives.
class Busy {
public:
    Busy(std::mutex& mutex, int& count, std::condition_variable& idle)
        : _mutex(mutex), _count(count), _idle(idle) {}
    ~Busy() {
        const std::scoped_lock lock(_mutex);
        --_count;
        _idle.notify_all();
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

private:
    std::mutex& _mutex;
    int& _count;
    std::condition_variable& _idle;
};

}  // namespace

std::string claimName(const Flight& flight) {
    const bool page = flight.stage == Stage::fetchingPage || flight.stage == Stage::pageElsewhere;
    return (page ? "flight.page." : "flight.id.") + flight.id.string();
}

void Fetcher::runIdWorker(IdSource& source) {
    runWorker(Upstream::wikidata, [&](Slot& slot) { return askForIds(source, slot); });
}

void Fetcher::runPageWorker(const PageSources& sources) {
    runWorker(Upstream::rottenTomatoes, [&](Slot& slot) { return fetchPage(sources, slot); });
}

/// `work` does one thing and says whether the slot is still there to do another with.
void Fetcher::runWorker(Upstream upstream, const std::function<bool(Slot&)>& work) {
    Priority priority{};
    while (waitForWork(upstream, priority)) {
        try {
            std::optional<Slot> slot = permission(upstream, priority);
            while (slot && work(*slot)) {
            }
        } catch (const std::exception& error) {
            logFailure(logger(), Poco::Message::PRIO_ERROR, "a worker goes on", error);
        }
    }
}

/// Waits until something stands in the queue; false when the program stops.
bool Fetcher::waitForWork(Upstream upstream, Priority& mostUrgent) {
    FairQueue& queue = upstream == Upstream::wikidata ? _forId : _forPage;
    Lock lock(_mutex);
    if (queue.empty() && !_stopping) {
        lock.unlock();
        _parts.gate.withdraw(upstream);
        lock.lock();
    }
    _work.wait(lock, [&] { return _stopping || !queue.empty(); });
    if (_stopping) {
        return false;
    }
    mostUrgent = queue.mostUrgent();
    return true;
}

/// While the database cannot be written no slot can be taken: nobody waits for that.
bool Fetcher::failIfUnwritable(Upstream upstream) {
    if (!_parts.store.refusesWrites() || !_parts.store.writeRefusal()) {
        return false;
    }
    Landings landings;
    {
        const Lock lock(_mutex);
        failAllQueued(upstream, databaseUnwritable(), landings);
    }
    return true;
}

/// A slot. Nothing: look again whether there is work, for it may have been failed.
std::optional<Slot> Fetcher::permission(Upstream upstream, Priority priority) {
    if (failIfUnwritable(upstream)) {
        return std::nullopt;
    }
    const std::atomic<bool>& work = upstream == Upstream::wikidata ? _idWork : _pageWork;
    const auto patience =
        priority == Priority::people ? std::chrono::milliseconds(kSlotPatience) : kRenewalPatience;
    Gate::Entry entry =
        _parts.gate.enter(upstream, priority, Deadline::in(patience), [&work] { return work.load(); });
    if (auto* slot = std::get_if<Slot>(&entry)) {
        return std::move(*slot);
    }
    if (const auto* shut = std::get_if<Shut>(&entry)) {
        {
            Landings landings;
            const Lock lock(_mutex);
            failQueued(upstream, *shut, landings);
        }
        Lock lock(_mutex);
        const FairQueue& queue = upstream == Upstream::wikidata ? _forId : _forPage;
        if (!queue.empty() && !_stopping) {
            _work.wait_until(lock, shut->until);  // or until something new is to be failed
        }
    }
    return std::nullopt;
}

/// Takes the claims of flights for this process; those that another one has are left to it, and watched.
Fetcher::Flights Fetcher::claim(Flights flights) {
    std::vector<std::string> names;
    names.reserve(flights.size());
    for (const auto& flight : flights) {
        names.push_back(claimName(*flight));
    }
    const bool pages = !flights.empty() && flights.front()->stage == Stage::fetchingPage;
    const auto term =
        (pages ? _options.pageTimeout + _options.readTimeout + kWhosePageTimeout : _options.wikidataTimeout) +
        kClaimMargin;
    std::vector<Lease> leases = _parts.leases.acquire(names, term);
    const Lock lock(_mutex);
    std::erase_if(flights, [&](const std::shared_ptr<Flight>& flight) {
        const auto lease = std::ranges::find(leases, claimName(*flight), &Lease::name);
        if (lease != leases.end()) {
            flight->claim = std::move(*lease);
            return false;
        }
        if (flight->passengers.empty()) {
            drop(flight);
            return true;
        }
        flight->stage = pages ? Stage::pageElsewhere : Stage::idElsewhere;
        flight->elsewhereSince = _parts.store.time();
        _elsewhere.insert(flight->id);
        _rung.insert(flight->id);  // it may be over by now
        _watch.notify_all();
        return true;
    });
    return flights;
}

void Fetcher::unclaim(const Flights& flights) {
    std::vector<Lease> leases;
    for (const auto& flight : flights) {
        if (flight->claim) {
            leases.push_back(std::move(*flight->claim));
            flight->claim.reset();
        }
    }
    _parts.leases.release(std::move(leases));
}

/// Tells the other processes of this host that these flights are over.
void Fetcher::ring(const Flights& flights) {
    std::string message = "flights";
    for (const auto& flight : flights) {
        message += " " + flight->id.string();
    }
    _parts.bell.ring(message);
}

/// The database is away: those flights that have not gone on before wait for it in their queue.
void Fetcher::putBack(std::span<const std::shared_ptr<Flight>> flights, Stage stage,
                      const StoreError& error) {
    logger().warning("fetching waits for the database: %s", std::string(error.what()));
    for (const auto& flight : flights) {
        std::optional<Lease> claim;
        {
            const Lock lock(_mutex);
            if (flight->stage != stage) {
                continue;
            }
            claim.swap(flight->claim);
        }
        claim.reset();
        const Lock lock(_mutex);
        enqueue(flight, stage == Stage::fetchingPage ? Stage::waitingForPage : Stage::waitingForId);
    }
    Lock lock(_mutex);
    if (error.kind() != StoreError::Kind::unwritable) {
        _work.wait_for(lock, kStoreRetry, [this] { return _stopping; });
    }
}

bool Fetcher::askForIds(IdSource& source, Slot& slot) {
    Flights flights;
    {
        const Lock lock(_mutex);
        flights = takeForId();
        if (flights.empty()) {
            return false;
        }
        ++_busy;
    }
    const Busy busy(_mutex, _busy, _idle);
    Flights claimed;
    try {
        claimed = withoutAnswered(claim(flights));
        if (!claimed.empty()) {
            checkTime(slot, _options.wikidataTimeout);
        }
    } catch (const StoreError& error) {
        putBack(flights, Stage::askingForId, error);
        return false;
    } catch (const std::exception& error) {
        failUnexpectedly(flights, Stage::askingForId, error);
        return false;
    }
    if (claimed.empty()) {
        return true;
    }
    try {
        std::vector<ImdbId> ids;
        ids.reserve(claimed.size());
        for (const auto& flight : claimed) {
            ids.push_back(flight->id);
        }
        const auto began = Deadline::Clock::now();
        const auto reply =
            source.resolve(ids, Deadline::in(_options.wikidataTimeout).sooner(slot.deadline()));
        const auto* failure = std::get_if<UpstreamFailure>(&reply);
        slot.giveBack(note(Upstream::wikidata, claimed, failure, began));
        if (failure != nullptr) {
            unclaim(claimed);
            splitOrFail(claimed, *failure);
        } else {
            remember(std::get<IdAnswers>(reply));
            unclaim(claimed);
            settleIds(claimed, std::get<IdAnswers>(reply), true);
        }
        ring(claimed);
    } catch (const std::exception& error) {
        failUnexpectedly(claimed, Stage::askingForId, error);
    }
    return false;
}

/// Goes on with those whose answer another process got between the look-up and the claim.
Fetcher::Flights Fetcher::withoutAnswered(Flights flights) {
    std::vector<ImdbId> ids;
    for (const auto& flight : flights) {
        if (flight->triedRtIds.empty()) {
            ids.push_back(flight->id);
        }
    }
    IdAnswers answers;
    for (const KnownRtId& known : _parts.store.findRtIds(ids)) {
        answers.emplace(known.imdbId, known.rtId ? IdAnswer{{*known.rtId}} : IdAnswer{});
    }
    Flights answered;
    std::erase_if(flights, [&](const std::shared_ptr<Flight>& flight) {
        const bool known = answers.contains(flight->id);
        if (known) {
            answered.push_back(flight);
        }
        return known;
    });
    unclaim(answered);
    settleIds(answered, answers, false);
    return flights;
}

/// `asked`: the answers are fresh, and not remembered ones.
void Fetcher::settleIds(const Flights& flights, const IdAnswers& answers, bool asked) {
    Landings landings(flights.size());
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            const auto place = answers.find(flight->id);
            const IdAnswer answer = place == answers.end() ? IdAnswer{} : place->second;
            if (answer.absent()) {
                landings.add(end(flight, NotFound{}));
                continue;
            }
            flight->nextRtIds = answer.rtIds;
            flight->rtId = flight->takeNextRtId();
            flight->rtIdRemembered = !asked;
            if (flight->rtId) {
                enqueue(flight, Stage::waitingForPage);
            } else {
                FetchFailed failed = flight->lastFailure.value_or(noPage(answer.unusable));
                failed.retryAfter = std::chrono::ceil<std::chrono::seconds>(_options.failureHoldOff);
                landings.add(end(flight, std::move(failed)));
            }
        }
    }
    for (const Landing& landing : landings.all()) {
        if (const auto* failed = std::get_if<FetchFailed>(landing.result.get())) {
            rememberFailure(landing.id, *failed, true);
        }
    }
}

/// One id may have spoilt the query for the others: they are asked in smaller ones, until the culprit is
/// alone. The breaker ends this soon where all fail.
void Fetcher::splitOrFail(const Flights& flights, const UpstreamFailure& failure) {
    const bool tooLarge = failure.kind == Kind::refused;
    const bool mayBeOneId = failure.kind == Kind::broken || failure.kind == Kind::timeout || tooLarge;
    Landings landings(flights.size());
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            if (mayBeOneId && flights.size() > 1 && !_stopping) {
                flight->companions = (flights.size() + kSplit - 1) / kSplit;
                enqueue(flight, Stage::waitingForId);
            } else {
                FetchFailed failed = describe(failure);
                if (tooLarge) {
                    failed.retryAfter = std::chrono::ceil<std::chrono::seconds>(_options.failureHoldOff);
                }
                landings.add(end(flight, std::move(failed)));
            }
        }
    }
    for (const Landing& landing : landings.all()) {
        if (tooLarge) {  // it will be so the next time too
            rememberFailure(landing.id, std::get<FetchFailed>(*landing.result), true);
        }
    }
}

bool Fetcher::fetchPage(const PageSources& sources, Slot& slot) {
    {
        const Lock lock(_mutex);
        ++_busy;
    }
    const Busy busy(_mutex, _busy, _idle);
    if (!mayRead()) {
        return false;
    }
    // While pages are not believed, a good film tells more than any that is wanted.
    if (slot.probe() && _parts.gate.pagesSuspended() && tryGoodFilm(sources.pages, slot, std::nullopt)) {
        return false;
    }
    std::shared_ptr<Flight> flight;
    {
        const Lock lock(_mutex);
        flight = take(_forPage, Stage::waitingForPage);
        if (!flight) {
            return false;
        }
    }
    const std::span flights(&flight, 1);
    try {
        // It may be under way elsewhere, or have been fetched between the look-up of who asked and now.
        if (claim({flight}).empty() || settleIfFetched(flight)) {
            return true;
        }
        checkTime(slot, _options.pageTimeout);
    } catch (const StoreError& error) {
        putBack(flights, Stage::fetchingPage, error);
        return false;
    } catch (const std::exception& error) {
        failUnexpectedly(flights, Stage::fetchingPage, error);
        return false;
    }
    try {
        const bool probe = slot.probe();
        const auto began = Deadline::Clock::now();
        const auto reply =
            sources.pages.fetch(*flight->rtId, Deadline::in(_options.pageTimeout).sooner(slot.deadline()));
        const auto* failure = std::get_if<UpstreamFailure>(&reply);
        slot.giveBack(note(Upstream::rottenTomatoes, {flight}, failure, began));
        bool suspect = false;
        if (failure == nullptr) {
            suspect = settlePage(flight, std::get<Page>(reply), probe, sources.ids);
        } else {
            failPage(flight, *failure);
        }
        ring({flight});
        if (suspect) {
            guardPages(sources.pages);
        }
    } catch (const std::exception& error) {
        failUnexpectedly(flights, Stage::fetchingPage, error);
    }
    return false;
}

bool Fetcher::settleIfFetched(const std::shared_ptr<Flight>& flight) {
    auto row = _parts.store.findStored(flight->id);
    if (row && !row->isSound()) {
        row.reset();
    }
    {
        const Lock lock(_mutex);  // freshUntil may grow
        if (!row || !flight->isFresh(*row, _parts.store.time())) {
            flight->stored = std::move(row);
            return false;
        }
    }
    unclaim({flight});
    land(flight, Fetched{std::move(row->facts), row->cachedAt, row->expiresAt});
    return true;
}

void Fetcher::failPage(const std::shared_ptr<Flight>& flight, const UpstreamFailure& failure) {
    FetchFailed failed = describe(failure);
    if (failure.kind != Kind::cancelled) {
        record(flight->id, failure.kind == Kind::gone ? ScrapeOutcome::gone : ScrapeOutcome::failed,
               failed.message);
    }
    if (failure.kind == Kind::gone || failure.kind == Kind::redirected || failure.kind == Kind::refused) {
        settleUseless(flight, std::move(failed), failure.kind != Kind::refused);
        return;
    }
    if (failure.kind != Kind::cancelled) {
        rememberFailure(flight->id, failed, false);
    }
    unclaim({flight});
    land(flight, std::move(failed));
}

/// So that it is left alone for a while if the fault may be the movie's own, and so that others who wait for
/// the same flight learn how it ended.
void Fetcher::rememberFailure(const ImdbId& id, const FetchFailed& failure, bool itsOwn) {
    try {
        _parts.store.saveFailure({id, failure.message, _parts.store.time(), {}},
                                 itsOwn ? _options.failureHoldOff : std::chrono::milliseconds(0));
    } catch (const StoreError& error) {
        logger().error("cannot remember that %s failed: %s", id.string(), std::string(error.what()));
    }
}

/// Nothing that is thrown in a worker (no memory, most likely) may end it, or leave those who wait without an
/// answer.
void Fetcher::failUnexpectedly(std::span<const std::shared_ptr<Flight>> flights, Stage stage,
                               const std::exception& error) noexcept {
    logFailure(logger(), Poco::Message::PRIO_ERROR, "fetching failed", error);
    for (const auto& flight : flights) {
        Landing landing{.passengers = {}, .id = flight->id, .result = _internalError};
        std::optional<Lease> claim;
        {
            const Lock lock(_mutex);
            if (flight->stage != stage) {
                continue;  // it went on before the fault, and another worker may have it
            }
            drop(flight);
            landing.passengers.swap(flight->passengers);
            claim.swap(flight->claim);
        }
        claim.reset();
        tell({&landing, 1});
    }
}

/// Counts and logs what came of a request, and gives what the breaker is told: to it, a page that is not
/// there is an answer.
Slot::Outcome Fetcher::note(Upstream upstream, const Flights& flights, const UpstreamFailure* failure,
                            Deadline::Clock::time_point began) {
    const auto took = Deadline::Clock::now() - began;
    metrics().upstreamTime.observe(upstream, took);
    const UpstreamResult result = resultOf(failure);
    metrics().upstreamRequests.countBoth(upstream, result);
    if (failure == nullptr) {
        return {true, nullptr};
    }
    if (failure->kind != Kind::cancelled) {
        std::vector<LogField> fields{
            {"upstream", nameOf(upstream)},
            {"result", metrics().upstreamRequests.labels()[1].values[static_cast<std::size_t>(result)]},
            {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()},
            {"movies", static_cast<std::int64_t>(flights.size())},
            {"first", flights.front()->id.text()},
            {"requests", whoWaits(flights)},
        };
        if (failure->retryAfter) {
            fields.emplace_back("retry_after_s", failure->retryAfter->count());
        }
        logEvent(logger(),
                 failure->kind == Kind::gone ? Poco::Message::PRIO_INFORMATION : Poco::Message::PRIO_WARNING,
                 failure->message, fields);
    }
    return {true, failure->kind == Kind::gone ? nullptr : failure};
}

/// The names of those who wait for flights, a few of them.
std::string Fetcher::whoWaits(const Flights& flights) {
    std::vector<std::string> names;
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            for (const Passenger& passenger : flight->passengers) {
                std::string name = passenger.listener->name();
                if (names.size() <= kMostNames && std::ranges::find(names, name) == names.end()) {
                    names.push_back(std::move(name));
                }
            }
        }
    }
    std::string list;
    for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
        list += (i == 0 ? "" : ",") + names[i];
    }
    return names.size() > kMostNames ? list + ",..." : list;
}

std::vector<CachedMovie> Fetcher::findRows(std::span<const ImdbId> ids) {
    try {
        auto rows = _parts.store.findMovies(ids);
        std::erase_if(rows, [](const CachedMovie& row) { return !row.isSound(); });
        return rows;
    } catch (const StoreError& error) {
        logger().warning("cannot look up what was fetched: %s", std::string(error.what()));
        return {};
    }
}

void Fetcher::remember(const IdAnswers& answers) {
    const Timestamp checkedAt = _parts.store.time();
    std::vector<KnownRtId> rows;
    rows.reserve(answers.size());
    for (const auto& [imdbId, answer] : answers) {
        if (answer.absent()) {
            rows.push_back({imdbId, std::nullopt, checkedAt, checkedAt + _options.notFoundTtl});
        } else if (!answer.rtIds.empty()) {
            rows.push_back({imdbId, answer.rtIds.front(), checkedAt, checkedAt + _options.rtIdTtl});
        }
    }
    try {
        _parts.store.saveRtIds(rows);
    } catch (const StoreError& error) {
        logger().error("cannot remember Wikidata's answers: %s", std::string(error.what()));
    }
}

}  // namespace rtbatch
