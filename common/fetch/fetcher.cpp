#include "common/fetch/fetcher.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <utility>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

using Kind = UpstreamFailure::Kind;
using Stage = Flight::Stage;

/// A worker that waits for a slot looks this often whether more urgent work has come.
constexpr auto kSlotPatience = 1s;

/// A query that failed is split into so many.
constexpr std::size_t kSplit = 5;

Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.fetch");
}

FetchFailed describe(const UpstreamFailure& failure) {
    return {failure.message, failure.retryAfter};
}

FetchFailed stopping() {
    return {"The service is stopping; ask again."};
}

}  // namespace

Fetcher::Fetcher(const FetcherOptions& options, FetcherParts parts)
    : _options(options), _parts(std::move(parts)) {
    for (int i = 0; i < options.wikidataWorkers; ++i) {
        _idSources.push_back(_parts.makeIdSource());
    }
    for (int i = 0; i < options.pageWorkers; ++i) {
        _pageSources.push_back(_parts.makePageSource());
    }
    for (const auto& source : _idSources) {
        _workers.emplace_back([this, &source = *source] { runIdWorker(source); });
    }
    for (const auto& source : _pageSources) {
        _workers.emplace_back([this, &source = *source] { runPageWorker(source); });
    }
}

Fetcher::~Fetcher() {
    stop(Deadline::in(0ms));
}

void Fetcher::want(const std::shared_ptr<FlightListener>& listener, Priority priority,
                   std::vector<Wanted> movies) {
    std::vector<KnownRtId> known = remembered(movies);
    std::vector<Landing> landings;
    const Passenger passenger{listener, priority};
    {
        const Lock lock(_mutex);
        const auto refuse = [&](const ImdbId& id, FlightResult result) {
            landings.push_back({{passenger}, id, std::make_shared<const FlightResult>(std::move(result))});
        };
        for (Wanted& movie : movies) {
            if (const auto flight = _flights.find(movie.id); flight != _flights.end()) {
                board(flight->second, passenger);
                continue;
            }
            const auto answer = std::ranges::find(known, movie.id, &KnownRtId::imdbId);
            if (answer != known.end() && !answer->rtId) {
                refuse(movie.id, NotFound{});
            } else if (_stopping) {
                refuse(movie.id, stopping());
            } else if (_flights.size() >= _options.maxFlights) {
                refuse(movie.id, FetchFailed{"Too many movies wait to be fetched; ask again later."});
            } else {
                auto flight = std::make_shared<Flight>(Flight{.id = movie.id});
                flight->rtId = answer != known.end() ? answer->rtId : std::move(movie.rtId);
                flight->rtIdRemembered = flight->rtId.has_value();
                flight->passengers.push_back(passenger);
                _flights.emplace(movie.id, flight);
                enqueue(flight, flight->rtId ? Stage::waitingForPage : Stage::waitingForId);
            }
        }
    }
    tell(landings);
}

void Fetcher::leave(const FlightListener* listener, std::span<const ImdbId> movies) {
    const Lock lock(_mutex);
    for (const ImdbId& id : movies) {
        const auto place = _flights.find(id);
        if (place == _flights.end()) {
            continue;
        }
        Flight& flight = *place->second;
        std::erase_if(flight.passengers, [&](const Passenger& p) { return p.listener.get() == listener; });
        if (flight.passengers.empty() && flight.isWaiting()) {
            _flights.erase(place);
        }
    }
    _forId.drop(listener);
    _forPage.drop(listener);
}

void Fetcher::stop(Deadline deadline) {
    {
        Lock lock(_mutex);
        _stopping = true;
        _forId.clear();
        _forPage.clear();
        std::erase_if(_flights, [](const auto& entry) {
            entry.second->passengers.clear();
            return entry.second->isWaiting();
        });
        _work.notify_all();
        _idle.wait_until(lock, deadline.when(), [this] { return _busy == 0; });
    }
    _parts.slots.close();
    for (const auto& source : _idSources) {
        source->cancel();
    }
    for (const auto& source : _pageSources) {
        source->cancel();
    }
    _workers.clear();  // joins
}

void Fetcher::runIdWorker(IdSource& source) {
    Priority priority{};
    while (waitForWork(_forId, priority)) {
        std::optional<Slot> slot = permission(Upstream::wikidata, priority);
        if (!slot) {
            continue;
        }
        Flights flights;
        {
            const Lock lock(_mutex);
            flights = takeForId();
            _busy += flights.empty() ? 0 : 1;
        }
        if (flights.empty()) {
            forgo(Upstream::wikidata);
            continue;
        }
        try {
            askForIds(source, flights, std::move(*slot));
        } catch (const std::exception& error) {
            failUnexpectedly(flights, error);
        }
        const Lock lock(_mutex);
        --_busy;
        _idle.notify_all();
    }
}

void Fetcher::runPageWorker(PageSource& source) {
    Priority priority{};
    while (waitForWork(_forPage, priority)) {
        std::optional<Slot> slot = permission(Upstream::rottenTomatoes, priority);
        if (!slot) {
            continue;
        }
        std::shared_ptr<Flight> flight;
        {
            const Lock lock(_mutex);
            flight = take(_forPage, Stage::waitingForPage);
            _busy += flight ? 1 : 0;
        }
        if (!flight) {
            forgo(Upstream::rottenTomatoes);
            continue;
        }
        try {
            fetchPage(source, flight, std::move(*slot));
        } catch (const std::exception& error) {
            failUnexpectedly({flight}, error);
        }
        const Lock lock(_mutex);
        --_busy;
        _idle.notify_all();
    }
}

/// Waits until something stands in `queue`; false when the program stops.
bool Fetcher::waitForWork(FairQueue& queue, Priority& mostUrgent) {
    Lock lock(_mutex);
    _work.wait(lock, [&] { return _stopping || !queue.empty(); });
    if (_stopping) {
        return false;
    }
    mostUrgent = queue.mostUrgent();
    return true;
}

/// A slot, and the breaker's consent. Nothing: look again whether there is work, for it may have been failed.
std::optional<Slot> Fetcher::permission(Upstream upstream, Priority priority) {
    std::optional<Slot> slot = _parts.slots.acquire(upstream, priority, Deadline::in(kSlotPatience));
    if (!slot) {
        return std::nullopt;
    }
    const auto pause = _parts.breaker.admit(upstream);
    if (!pause) {
        return slot;
    }
    slot.reset();
    std::vector<Landing> landings;
    {
        Lock lock(_mutex);
        if (*pause <= _options.patience) {
            _work.wait_for(lock, *pause, [this] { return _stopping; });
        } else {
            const auto left = std::chrono::ceil<std::chrono::seconds>(*pause);
            const bool wikidata = upstream == Upstream::wikidata;
            failWaiting(
                wikidata ? Stage::waitingForId : Stage::waitingForPage,
                {std::string(wikidata ? "Wikidata" : "Rotten Tomatoes") + " is left alone for another " +
                     std::to_string(left.count()) + " s after failures.",
                 left},
                landings);
        }
    }
    tell(landings);
    return std::nullopt;
}

void Fetcher::askForIds(IdSource& source, const Flights& flights, Slot slot) {
    std::vector<ImdbId> ids;
    ids.reserve(flights.size());
    for (const auto& flight : flights) {
        ids.push_back(flight->id);
    }
    const auto reply = source.resolve(ids, Deadline::in(_options.wikidataTimeout));
    const auto* failure = std::get_if<UpstreamFailure>(&reply);
    report(Upstream::wikidata, failure);
    slot.release();
    if (failure != nullptr) {
        splitOrFail(flights, *failure);
        return;
    }
    const auto& answers = std::get<IdAnswers>(reply);
    remember(answers);
    std::vector<Landing> landings;
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            const auto answer = answers.find(flight->id);
            if (answer == answers.end() || !answer->second) {
                landings.push_back(end(flight, NotFound{}));
            } else if (answer->second == flight->gone) {
                landings.push_back(end(flight, FetchFailed{"Its page at Rotten Tomatoes is gone."}));
            } else {
                flight->rtId = answer->second;
                enqueue(flight, Stage::waitingForPage);
            }
        }
    }
    tell(landings);
}

/// One id may have spoilt the query for the others: they are asked in smaller ones, until the culprit is
/// alone. The breaker ends this soon where all fail.
void Fetcher::splitOrFail(const Flights& flights, const UpstreamFailure& failure) {
    const bool mayBeOneId = failure.kind == Kind::broken || failure.kind == Kind::timeout;
    std::vector<Landing> landings;
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            if (mayBeOneId && flights.size() > 1 && !_stopping) {
                flight->companions = (flights.size() + kSplit - 1) / kSplit;
                enqueue(flight, Stage::waitingForId);
            } else {
                landings.push_back(end(flight, describe(failure)));
            }
        }
    }
    tell(landings);
}

void Fetcher::fetchPage(PageSource& source, const std::shared_ptr<Flight>& flight, Slot slot) {
    // It may have been fetched between the look-up of who asked and now.
    if (auto fresh = findFresh(flight->id)) {
        forgo(Upstream::rottenTomatoes);
        slot.release();
        land(flight, std::move(*fresh));
        return;
    }
    const auto reply = source.fetch(*flight->rtId, Deadline::in(_options.pageTimeout));
    const auto* failure = std::get_if<UpstreamFailure>(&reply);
    report(Upstream::rottenTomatoes, failure);
    slot.release();  // after the breaker knows, so that the next one in line does not ask a site that said no
    if (failure == nullptr) {
        land(flight, readAndStore(flight->id, std::get<Page>(reply)));
        return;
    }
    if (failure->kind == Kind::gone && flight->rtIdRemembered) {
        const Lock lock(_mutex);
        flight->gone = std::exchange(flight->rtId, std::nullopt);
        flight->rtIdRemembered = false;
        enqueue(flight, Stage::waitingForId);
        return;
    }
    land(flight, describe(*failure));
}

FlightResult Fetcher::readAndStore(const ImdbId& id, const Page& page) {
    const Reading reading = _parts.reader.read(page.html, Deadline::in(_options.readTimeout));
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        logger().warning("cannot read %s (%s): %s", page.id.text(), id.string(), unreadable->reason);
        return FetchFailed{"Its page at Rotten Tomatoes could not be read: " + unreadable->reason};
    }
    const Timestamp cachedAt = now();
    CachedMovie movie{id, page.id.text(), renderFacts(page.id, std::get<MovieFacts>(reading)), cachedAt,
                      cachedAt + _options.ttl};
    try {
        _parts.store.saveMovie(movie);
    } catch (const StoreError& error) {
        logger().error("cannot store %s, which was fetched: %s", id.string(), std::string(error.what()));
    }
    return Fetched{std::move(movie.facts), cachedAt};
}

/// Nothing that is thrown in a worker (no memory, most likely) may end it, or leave those who wait without an
/// answer.
void Fetcher::failUnexpectedly(const Flights& flights, const std::exception& error) {
    logger().error("fetching failed: %s", std::string(error.what()));
    for (const auto& flight : flights) {
        land(flight, FetchFailed{"An internal error; ask again later."});
    }
}

/// Gives back the breaker's consent unused, which may have been the one for a probe.
void Fetcher::forgo(Upstream upstream) {
    _parts.breaker.failed(upstream, {Kind::cancelled, "nothing to ask", std::nullopt});
}

void Fetcher::report(Upstream upstream, const UpstreamFailure* failure) {
    if (failure == nullptr || failure->kind == Kind::gone) {
        _parts.breaker.succeeded(upstream);
    } else {
        if (failure->kind != Kind::cancelled) {
            logger().warning(failure->message);
        }
        _parts.breaker.failed(upstream, *failure);
    }
}

std::optional<Fetched> Fetcher::findFresh(const ImdbId& id) {
    try {
        for (CachedMovie& movie : _parts.store.findMovies({&id, 1})) {
            if (!movie.staleAt(now())) {
                return Fetched{std::move(movie.facts), movie.cachedAt};
            }
        }
    } catch (const StoreError& error) {
        logger().warning("cannot look up %s: %s", id.string(), std::string(error.what()));
    }
    return std::nullopt;
}

std::vector<KnownRtId> Fetcher::remembered(std::span<const Wanted> movies) {
    std::vector<ImdbId> unknown;
    for (const Wanted& movie : movies) {
        if (!movie.rtId) {
            unknown.push_back(movie.id);
        }
    }
    try {
        return unknown.empty() ? std::vector<KnownRtId>{} : _parts.store.findRtIds(unknown);
    } catch (const StoreError& error) {
        logger().warning("cannot look up known ids: %s", std::string(error.what()));
        return {};
    }
}

void Fetcher::remember(const IdAnswers& answers) {
    const Timestamp checkedAt = now();
    std::vector<KnownRtId> rows;
    rows.reserve(answers.size());
    for (const auto& [imdbId, rtId] : answers) {
        rows.push_back(
            {imdbId, rtId, checkedAt, checkedAt + (rtId ? _options.rtIdTtl : _options.notFoundTtl)});
    }
    try {
        _parts.store.saveRtIds(rows);
    } catch (const StoreError& error) {
        logger().error("cannot remember Wikidata's answers: %s", std::string(error.what()));
    }
}

Fetcher::Flights Fetcher::takeForId() {
    Flights flights;
    std::size_t most = kMostIdsInAQuery;
    while (flights.size() < most) {
        auto flight = take(_forId, Stage::waitingForId);
        if (!flight) {
            break;
        }
        if (flights.size() >= flight->companions) {
            enqueue(flight, Stage::waitingForId);  // it goes with fewer, another time
            break;
        }
        most = std::min(most, flight->companions);
        flights.push_back(std::move(flight));
    }
    return flights;
}

/// Takes the next flight that is still in that stage, and moves it on to the next one.
std::shared_ptr<Flight> Fetcher::take(FairQueue& queue, Stage stage) {
    while (auto flight = queue.pop()) {
        if (flight->stage == stage && !flight->passengers.empty()) {
            flight->stage = stage == Stage::waitingForId ? Stage::askingForId : Stage::fetchingPage;
            return flight;
        }
    }
    return nullptr;
}

/// Lets one more wait for a flight; while the flight waits itself, also in the newcomer's lane.
void Fetcher::board(const std::shared_ptr<Flight>& flight, const Passenger& passenger) {
    flight->passengers.push_back(passenger);
    if (flight->isWaiting()) {
        queueOf(flight->stage).push(passenger.listener.get(), passenger.priority, flight);
        _work.notify_all();
    }
}

/// Puts a flight into the lanes of all who wait for it; one for which nobody waits any more ends here.
void Fetcher::enqueue(const std::shared_ptr<Flight>& flight, Stage stage) {
    flight->stage = stage;
    if (flight->passengers.empty() || _stopping) {
        _flights.erase(flight->id);
        return;
    }
    for (const Passenger& passenger : flight->passengers) {
        queueOf(stage).push(passenger.listener.get(), passenger.priority, flight);
    }
    _work.notify_all();
}

Fetcher::Landing Fetcher::end(const std::shared_ptr<Flight>& flight, FlightResult result) {
    if (const auto place = _flights.find(flight->id); place != _flights.end() && place->second == flight) {
        _flights.erase(place);
    }
    return {std::exchange(flight->passengers, {}), flight->id,
            std::make_shared<const FlightResult>(std::move(result))};
}

void Fetcher::failWaiting(Stage stage, const FetchFailed& failure, std::vector<Landing>& landings) {
    Flights waiting;
    for (const auto& [id, flight] : _flights) {
        if (flight->stage == stage) {
            waiting.push_back(flight);
        }
    }
    for (const auto& flight : waiting) {
        landings.push_back(end(flight, failure));
    }
    queueOf(stage).clear();
}

void Fetcher::land(const std::shared_ptr<Flight>& flight, FlightResult result) {
    std::vector<Landing> landings;
    {
        const Lock lock(_mutex);
        landings.push_back(end(flight, std::move(result)));
    }
    tell(landings);
}

void Fetcher::tell(const std::vector<Landing>& landings) {
    for (const Landing& landing : landings) {
        for (const Passenger& passenger : landing.passengers) {
            passenger.listener->landed(landing.id, landing.result);
        }
    }
}

}  // namespace rtbatch
