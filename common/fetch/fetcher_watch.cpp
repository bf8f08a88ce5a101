// Flights that other processes have under way: watched until they have landed, failed, or lost their pilot.
#include <algorithm>
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/fetcher_log.h"
#include "common/lease/owner.h"
#include "common/log/log.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

using Stage = Flight::Stage;

/// How far what two hosts know of the shared clock may differ, when one says that a flight failed and the
/// other since when it waited for it.
constexpr auto kClockSkew = 5s;

/// How often it is asked whether there is anything to look for; costs no statement.
constexpr auto kLookOut = 50ms;

/// So many are looked at in one statement.
constexpr std::size_t kMostInALook = 50;

std::vector<ImdbId> idsOf(const std::vector<std::shared_ptr<Flight>>& flights) {
    std::vector<ImdbId> ids;
    ids.reserve(flights.size());
    for (const auto& flight : flights) {
        ids.push_back(flight->id);
    }
    return ids;
}

}  // namespace

void Fetcher::runWatcher() {
    using Clock = std::chrono::steady_clock;
    Lock lock(_mutex);
    Clock::time_point looked{};
    const auto woken = [this] { return _stopping || !_rung.empty(); };
    while (!_stopping) {
        const bool far = _parts.gate.hasFarOwner();
        const bool open = !_elsewhere.empty() || (far && !_flights.empty());
        const auto due = looked + (far ? _options.farLook : _options.nearLook);
        const auto time = Clock::now();
        if (_rung.empty() && (!open || time < due)) {
            if (_flights.empty()) {
                _watch.wait(lock, [&] { return woken() || !_flights.empty(); });
            } else {
                // Not longer, for another host may come into sight at any time.
                _watch.wait_until(lock, std::min(open ? due : Clock::time_point::max(), time + kLookOut),
                                  woken);
            }
            continue;
        }
        if (_rung.empty()) {
            looked = time;
        }
        try {
            const Flights flights = takeWatched(far);
            lock.unlock();
            watch(flights);
        } catch (const std::exception& error) {  // looked at next time
            logFailure(logger(), Poco::Message::PRIO_WARNING, "cannot look after flights", error);
        }
        if (!lock.owns_lock()) {
            lock.lock();
        }
    }
}

/// Those whose bell was rung, or if there are none, all that may have ended without a bell.
Fetcher::Flights Fetcher::takeWatched(bool far) {
    Flights flights;
    const auto add = [&](const ImdbId& id) {
        const auto flight = _flights.find(id);
        if (flight != _flights.end() && (flight->second->isQueued() || flight->second->isElsewhere())) {
            flights.push_back(flight->second);
        }
    };
    const std::set<ImdbId> rung = std::exchange(_rung, {});
    std::erase_if(_elsewhere, [&](const ImdbId& id) {
        const auto flight = _flights.find(id);
        return flight == _flights.end() || !flight->second->isElsewhere();
    });
    if (!rung.empty()) {
        std::ranges::for_each(rung, add);
        return flights;
    }
    std::ranges::for_each(_elsewhere, add);
    for (auto flight = _flights.begin(); far && flight != _flights.end() && flights.size() < kMostInALook;
         ++flight) {
        if (flight->second->isQueued()) {
            flights.push_back(flight->second);
        }
    }
    return flights;
}

/// Called without the lock. The claims are read before the results: a flight that has no claim any more has
/// left its result.
void Fetcher::watch(const Flights& flights) {
    for (std::size_t from = 0; from < flights.size(); from += kMostInALook) {
        std::map<Stage, Flights> watched;
        {
            const Lock lock(_mutex);
            for (std::size_t i = from; i < std::min(flights.size(), from + kMostInALook); ++i) {
                watched[flights[i]->stage].push_back(flights[i]);
            }
        }
        try {
            for (const auto& [stage, some] : watched) {
                const bool elsewhere = stage == Stage::idElsewhere || stage == Stage::pageElsewhere;
                const Flights ended = elsewhere ? withoutClaim(some, stage) : Flights{};
                if (stage == Stage::pageElsewhere || stage == Stage::waitingForPage) {
                    settlePages(some, stage, ended);
                } else if (stage == Stage::idElsewhere || stage == Stage::waitingForId) {
                    settleWatchedIds(some, stage, ended);
                }
            }
        } catch (const std::exception& error) {
            logFailure(logger(), Poco::Message::PRIO_WARNING, "cannot look after flights of other processes",
                       error);
        }
    }
}

/// Whether nobody will end a claim: its owner is surely dead, or it is our own, taken by a statement whose
/// answer was lost. While the same flight waits for others this process has no claim for its movie.
bool Fetcher::isLost(const LeaseRow& claim, const std::shared_ptr<Flight>& flight, Stage stage) {
    const Owner owner = Owner::parse(claim.owner);
    if (owner == _parts.leases.owner()) {
        const Lock lock(_mutex);
        return isStill(flight, stage);
    }
    return owner.isDead();
}

/// Those that nobody has under way any more. A claim that is lost is ended.
Fetcher::Flights Fetcher::withoutClaim(const Flights& flights, Stage stage) {
    std::vector<std::string> names;
    for (const auto& flight : flights) {
        names.push_back(claimName(*flight));
    }
    const LeaseView view = _parts.store.findLeases(names);
    if (std::ranges::any_of(view.leases,
                            [](const LeaseRow& lease) { return !Owner::parse(lease.owner).isNear(); })) {
        _parts.gate.sawFarOwner();
    }
    Flights ended;
    for (std::size_t i = 0; i < flights.size(); ++i) {
        const auto lease = std::ranges::find(view.leases, names[i], &LeaseRow::name);
        if (lease == view.leases.end()) {
            ended.push_back(flights[i]);
        } else if (isLost(*lease, flights[i], stage)) {
            _parts.store.releaseLeases({&names[i], 1}, lease->owner);
            ended.push_back(flights[i]);
        }
    }
    return ended;
}

void Fetcher::settlePages(const Flights& flights, Stage stage, const Flights& ended) {
    auto rows = findRows(idsOf(flights));
    const auto failures = _parts.store.findFailures(idsOf(ended));
    const Timestamp time = _parts.store.time();
    Landings landings(flights.size());
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            if (!isStill(flight, stage)) {
                continue;
            }
            const auto movie = std::ranges::find(rows, flight->id, &CachedMovie::imdbId);
            if (movie != rows.end() && flight->isFresh(*movie, time)) {
                landings.add(
                    end(flight, Fetched{std::move(movie->facts), movie->cachedAt, movie->expiresAt}));
            }
        }
        for (const auto& flight : ended) {
            if (!isStill(flight, stage)) {
                continue;
            }
            const auto failure = std::ranges::find(failures, flight->id, &KnownFailure::imdbId);
            if (failure != failures.end() && failure->failedAt + kClockSkew >= flight->elsewhereSince) {
                FetchFailed failed{failure->message};
                if (failure->retryAt > time) {
                    failed.retryAfter = std::chrono::ceil<std::chrono::seconds>(failure->retryAt - time);
                }
                landings.add(end(flight, std::move(failed)));
            } else {
                enqueue(flight, Stage::waitingForPage);  // its pilot is lost: we fly it
            }
        }
    }
}

void Fetcher::settleWatchedIds(const Flights& flights, Stage stage, const Flights& ended) {
    const auto known = _parts.store.findRtIds(idsOf(flights));
    Landings landings(flights.size());
    {
        const Lock lock(_mutex);
        for (const auto& flight : flights) {
            const auto answer = std::ranges::find(known, flight->id, &KnownRtId::imdbId);
            if (!isStill(flight, stage) || answer == known.end() ||
                (answer->rtId && flight->hasTried(*answer->rtId))) {
                continue;
            }
            if (!answer->rtId) {
                landings.add(end(flight, NotFound{}));
            } else {
                flight->rtId = answer->rtId;
                flight->rtIdRemembered = true;
                enqueue(flight, Stage::waitingForPage);
            }
        }
        for (const auto& flight : ended) {
            if (isStill(flight, stage)) {
                enqueue(flight, Stage::waitingForId);
            }
        }
    }
}

/// Whether nothing has happened to it since it was read.
bool Fetcher::isStill(const std::shared_ptr<Flight>& flight, Stage stage) const {
    const auto place = _flights.find(flight->id);
    return place != _flights.end() && place->second == flight && flight->stage == stage;
}

/// A bell of another process: `flights tt0113277 tt0111161`, these are over.
void Fetcher::heard(std::string_view message) {
    constexpr std::string_view kWhat = "flights ";
    if (!message.starts_with(kWhat)) {
        return;
    }
    message.remove_prefix(kWhat.size());
    const Lock lock(_mutex);
    while (!message.empty()) {
        const auto end = std::min(message.find(' '), message.size());
        const auto id = ImdbId::parse(message.substr(0, end));
        message.remove_prefix(std::min(end + 1, message.size()));
        const auto flight = id ? _flights.find(*id) : _flights.end();
        if (flight != _flights.end() && (flight->second->isQueued() || flight->second->isElsewhere())) {
            _rung.insert(*id);
        }
    }
    _watch.notify_all();
}

}  // namespace rtbatch
