#include "common/fetch/fetcher.h"

#include <algorithm>
#include <utility>

#include "common/fetch/fetcher_log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// When to ask again for what there was no room for: by then whoever waits now has had his answer.
constexpr auto kRoomAgain = 60s;

/// Keeps flights going that nobody waits for.
class Nobody : public FlightListener {
public:
    std::string name() const override { return "renewal"; }
    void landed(const ImdbId& /*id*/, const std::shared_ptr<const FlightResult>& /*result*/) override {}
};

FetchFailed stopping() {
    return {"The service is stopping; ask again."};
}

FetchFailed leftAlone(Upstream upstream, const Shut& shut) {
    const auto left =
        std::max(1s, std::chrono::ceil<std::chrono::seconds>(shut.until - std::chrono::steady_clock::now()));
    const std::string name = siteName(upstream);
    if (shut.suspended) {
        return {"The pages of " + name + " have changed and cannot be read; the next is tried in " +
                    std::to_string(left.count()) + " s.",
                left};
    }
    return {name + " is left alone for another " + std::to_string(left.count()) + " s after failures.", left};
}

}  // namespace

Fetcher::Fetcher(const FetcherOptions& options, FetcherParts parts)
    : _options(options), _parts(std::move(parts)), _nobody(std::make_shared<Nobody>()) {
    for (int i = 0; i < options.wikidataWorkers + options.pageWorkers; ++i) {
        _idSources.push_back(_parts.makeIdSource());
    }
    for (int i = 0; i < options.pageWorkers; ++i) {
        _pageSources.push_back(_parts.makePageSource());
    }
    auto ids = _idSources.begin();
    for (int i = 0; i < options.wikidataWorkers; ++i, ++ids) {
        _workers.emplace_back([this, &source = **ids] { runIdWorker(source); });
    }
    for (const auto& pages : _pageSources) {
        _workers.emplace_back([this, sources = PageSources{*pages, **ids}] { runPageWorker(sources); });
        ++ids;
    }
    _workers.emplace_back([this] { runWatcher(); });
    _subscription.emplace(_parts.bell, [this](std::string_view message) { heard(message); });
}

Fetcher::~Fetcher() {
    stop(Deadline::in(0ms));
}

void Fetcher::want(const std::shared_ptr<FlightListener>& listener, Priority priority,
                   const std::vector<Wanted>& movies) {
    const Known known = lookUp(movies);
    Landings landings(movies.size());
    const Passenger passenger{listener, priority};
    {
        const Lock lock(_mutex);
        for (const Wanted& movie : movies) {
            if (const auto flight = _flights.find(movie.id); flight != _flights.end()) {
                flight->second->freshUntil = std::max(flight->second->freshUntil, movie.freshUntil);
                board(flight->second, passenger);
                continue;
            }
            if (auto result = answerAtOnce(movie, known, listener->account())) {
                landings.add(
                    {{passenger}, movie.id, std::make_shared<const FlightResult>(std::move(*result))});
                continue;
            }
            auto flight = std::make_shared<Flight>(Flight{.id = movie.id, .freshUntil = movie.freshUntil});
            const auto answer = std::ranges::find(known.rtIds, movie.id, &KnownRtId::imdbId);
            flight->rtId = answer != known.rtIds.end() ? answer->rtId : movie.rtId;
            flight->rtIdRemembered = flight->rtId.has_value();
            flight->failedBefore =
                std::ranges::find(known.failures, movie.id, &KnownFailure::imdbId) != known.failures.end();
            flight->passengers.push_back(passenger);
            _flights.emplace(movie.id, flight);
            enqueue(flight, flight->rtId ? Stage::waitingForPage : Stage::waitingForId);
        }
        _watch.notify_all();
    }
}

/// Looks up nothing for what is renewed already: of a film that many ask for, each of them wants this. One
/// that slips through joins its flight twice, which does no harm.
void Fetcher::renew(std::vector<Wanted> movies) {
    {
        const Lock lock(_mutex);
        if (_flights.size() >= _options.maxFlights / _options.accountShare) {
            return;
        }
        std::erase_if(movies, [this](const Wanted& movie) {
            const auto flight = _flights.find(movie.id);
            return flight != _flights.end() &&
                   std::ranges::find(flight->second->passengers, _nobody, &Passenger::listener) !=
                       flight->second->passengers.end();
        });
    }
    if (!movies.empty()) {
        want(_nobody, Priority::refresher, movies);
    }
}

Fetcher::Known Fetcher::lookUp(std::span<const Wanted> movies) {
    std::vector<ImdbId> all;
    std::vector<ImdbId> unknown;
    for (const Wanted& movie : movies) {
        all.push_back(movie.id);
        if (!movie.rtId) {
            unknown.push_back(movie.id);
        }
    }
    Known known;
    try {
        if (!unknown.empty()) {
            known.rtIds = _parts.store.findRtIds(unknown);
        }
        known.failures = _parts.store.findFailures(all);
    } catch (const StoreError& error) {
        logger().warning("cannot look up what is known of movies: %s", std::string(error.what()));
    }
    known.unwritable = _parts.store.writeRefusal().has_value();
    known.wikidata = unknown.empty() ? std::nullopt : _parts.gate.shut(Upstream::wikidata);
    known.reading = readingFailure();
    known.rottenTomatoes = _parts.gate.shut(Upstream::rottenTomatoes);
    return known;
}

/// What needs no flight, or may have none.
std::optional<FlightResult> Fetcher::answerAtOnce(const Wanted& movie, const Known& known,
                                                  std::string_view account) {
    const auto failure = std::ranges::find(known.failures, movie.id, &KnownFailure::imdbId);
    const Timestamp time = _parts.store.time();
    if (failure != known.failures.end() && failure->retryAt > time) {
        return FetchFailed{failure->message,
                           std::chrono::ceil<std::chrono::seconds>(failure->retryAt - time)};
    }
    const auto answer = std::ranges::find(known.rtIds, movie.id, &KnownRtId::imdbId);
    if (answer != known.rtIds.end() && !answer->rtId) {
        return NotFound{};
    }
    if (_stopping) {
        return stopping();
    }
    if (known.unwritable) {
        return databaseUnwritable();
    }
    if (known.reading) {
        return known.reading;
    }
    if (known.rottenTomatoes) {
        return leftAlone(Upstream::rottenTomatoes, *known.rottenTomatoes);
    }
    if (known.wikidata && !movie.rtId && answer == known.rtIds.end()) {
        return leftAlone(Upstream::wikidata, *known.wikidata);
    }
    return refuseForRoom(account);
}

/// However much one account asks for, there is room for others.
std::optional<FlightResult> Fetcher::refuseForRoom(std::string_view account) const {
    if (_flights.size() >= _options.maxFlights) {
        return FetchFailed{"Too many movies wait to be fetched; ask again later.", kRoomAgain};
    }
    if (!account.empty() &&
        _forId.sizeOf(account) + _forPage.sizeOf(account) >= _options.maxFlights / _options.accountShare) {
        return FetchFailed{"Too many movies of this key wait to be fetched; ask again later.", kRoomAgain};
    }
    return std::nullopt;
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
        if (flight.passengers.empty() && (flight.isQueued() || flight.isElsewhere())) {
            _flights.erase(place);
        }
    }
    _forId.drop(listener);
    _forPage.drop(listener);
    noteWork();
}

std::vector<ImdbId> Fetcher::keepOpenOnly(const FlightListener* listener) {
    std::vector<ImdbId> open;
    std::vector<ImdbId> others;
    {
        const Lock lock(_mutex);
        for (const auto& [id, flight] : _flights) {
            if (std::ranges::any_of(flight->passengers,
                                    [&](const Passenger& p) { return p.listener.get() == listener; })) {
                (flight->stage == Stage::fetchingPage ? open : others).push_back(id);
            }
        }
    }
    leave(listener, others);
    return open;
}

void Fetcher::stop(Deadline deadline) {
    _subscription.reset();
    {
        Lock lock(_mutex);
        _stopping = true;
        _forId.clear();
        _forPage.clear();
        noteWork();
        std::erase_if(_flights, [](const auto& entry) {
            entry.second->passengers.clear();
            return entry.second->isQueued() || entry.second->isElsewhere();
        });
        _work.notify_all();
        _watch.notify_all();
        _idle.wait_until(lock, deadline.when(), [this] { return _busy == 0; });
    }
    _parts.gate.close();
    for (const auto& source : _idSources) {
        source->cancel();
    }
    for (const auto& source : _pageSources) {
        source->cancel();
    }
    _workers.clear();  // joins
}

Fetcher::Flights Fetcher::takeForId() {
    Flights flights;
    flights.reserve(kMostIdsInAQuery);  // what has been taken is not lost for want of memory
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
            noteWork();
            return flight;
        }
    }
    noteWork();
    return nullptr;
}

/// Lets one more wait for a flight; while the flight waits itself, also in the newcomer's lane.
void Fetcher::board(const std::shared_ptr<Flight>& flight, const Passenger& passenger) {
    flight->passengers.push_back(passenger);
    if (flight->isQueued()) {
        queueOf(flight->stage).push(passenger.listener.get(), passenger.priority, flight);
        noteWork();
        _work.notify_all();
    }
}

/// Puts a flight into the lanes of all who wait for it; one for which nobody waits any more ends here.
void Fetcher::enqueue(const std::shared_ptr<Flight>& flight, Stage stage) {
    flight->stage = stage;
    if (flight->passengers.empty() || _stopping) {
        drop(flight);
        return;
    }
    for (const Passenger& passenger : flight->passengers) {
        queueOf(stage).push(passenger.listener.get(), passenger.priority, flight);
    }
    noteWork();
    _work.notify_all();
}

/// To be called whenever the queues have changed.
void Fetcher::noteWork() {
    _idWork = !_forId.empty();
    _pageWork = !_forPage.empty();
    const auto set = [](QueueName name, std::size_t length) {
        metrics().queueLength.set(name, static_cast<std::int64_t>(length));
    };
    set(QueueName::wikidata, _forId.size(Priority::people));
    set(QueueName::rt, _forPage.size(Priority::people));
    set(QueueName::renewals, _forId.size(Priority::refresher) + _forPage.size(Priority::refresher));
}

/// Ends a flight, and not one that somebody has begun since for the same movie.
void Fetcher::drop(const std::shared_ptr<Flight>& flight) {
    if (const auto place = _flights.find(flight->id); place != _flights.end() && place->second == flight) {
        _flights.erase(place);
    }
}

Fetcher::Landing Fetcher::end(const std::shared_ptr<Flight>& flight, FlightResult result) {
    auto shared = std::make_shared<const FlightResult>(std::move(result));  // before it may not fail any more
    drop(flight);
    return {std::exchange(flight->passengers, {}), flight->id, std::move(shared)};
}

/// While the upstream is left alone: fails what was wanted after that began, and everything when it lasts.
void Fetcher::failQueued(Upstream upstream, const Shut& shut, Landings& landings) {
    const bool lasts = !shut.probing && shut.until > std::chrono::steady_clock::now() + _options.patience;
    const Stage stage = upstream == Upstream::wikidata ? Stage::waitingForId : Stage::waitingForPage;
    Flights failing;
    for (const auto& [id, flight] : _flights) {
        if (flight->stage == stage && (lasts || flight->wantedAt > shut.since)) {
            failing.push_back(flight);
        }
    }
    landings.expect(failing.size());
    for (const auto& flight : failing) {
        landings.add(end(flight, leftAlone(upstream, shut)));
    }
    if (lasts) {
        queueOf(stage).clear();
        noteWork();
    }
}

void Fetcher::failAllQueued(Upstream upstream, const FetchFailed& failure, Landings& landings) {
    const Stage stage = upstream == Upstream::wikidata ? Stage::waitingForId : Stage::waitingForPage;
    Flights failing;
    for (const auto& [id, flight] : _flights) {
        if (flight->stage == stage) {
            failing.push_back(flight);
        }
    }
    landings.expect(failing.size());
    for (const auto& flight : failing) {
        landings.add(end(flight, failure));
    }
    queueOf(stage).clear();
    noteWork();
}

void Fetcher::land(const std::shared_ptr<Flight>& flight, FlightResult result) {
    Landings landings(1);
    {
        const Lock lock(_mutex);
        landings.add(end(flight, std::move(result)));
    }
}

void Fetcher::tell(std::span<const Landing> landings) noexcept {
    for (const Landing& landing : landings) {
        for (const Passenger& passenger : landing.passengers) {
            passenger.listener->landed(landing.id, landing.result);
        }
    }
}

}  // namespace rtbatch
