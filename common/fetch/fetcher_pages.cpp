// What the fetcher does with a page that came: it is read, held to the stored row, and written, unless the
// markup guard says no.
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/fetcher_log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long it is tried to store what was fetched; its claim lasts so much longer than its request.
constexpr auto kSaveTime = 5s;
constexpr auto kSavePause = 100ms;

using Kind = UpstreamFailure::Kind;
using Stage = Flight::Stage;

}  // namespace

std::optional<RtId> Flight::takeNextRtId() {
    std::erase_if(nextRtIds, [this](const RtId& next) { return hasTried(next); });
    if (nextRtIds.empty()) {
        return std::nullopt;
    }
    std::optional<RtId> first = std::move(nextRtIds.front());
    nextRtIds.erase(nextRtIds.begin());
    return first;
}

/// A page has come: whose is it, and what does it say? True when it could not be read or lacks a fact, which
/// may be the site's matter.
bool Fetcher::settlePage(const std::shared_ptr<Flight>& flight, const Page& page, bool probe, IdSource& ids) {
    const Reading reading = _parts.reader.read(page.html, Deadline::in(_options.readTimeout));
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        logger().warning("cannot read %s (%s): %s", page.id.text(), flight->id.string(), unreadable->reason);
        record(flight->id, ScrapeOutcome::unreadable, unreadable->reason);
        settleUseless(flight, {"Its page at Rotten Tomatoes could not be read: " + unreadable->reason},
                      false);
        return true;
    }
    if (const auto* notTried = std::get_if<NotTried>(&reading)) {
        suspendReading(notTried->reason);
        unclaim({flight});
        const Lock lock(_mutex);
        enqueue(flight, Stage::waitingForPage);  // and fails there, with those that wait
        return false;
    }
    const auto& facts = std::get<MovieFacts>(reading);
    const RtId address = (facts.page ? RtId::parse(*facts.page) : std::nullopt).value_or(page.id);
    const Address where = address.isSamePage(*flight->rtId) ? Address::asked
                          : address.isSamePage(page.id)     ? Address::moved
                                                            : Address::another;
    Judgement judgement =
        judge(flight->stored, flight->id, address, facts, _options.lifetime, _parts.store.time(), where);
    if (judgement.outcome != ScrapeOutcome::other && where != Address::asked) {
        const PageOwner owner = ownerOf(address, flight, ids);
        if (owner == PageOwner::unknown) {
            failPage(flight, {Kind::broken, "Wikidata cannot be asked whose page " + address.text() + " is",
                              std::nullopt});
            return false;
        }
        if (owner == PageOwner::another) {
            judgement.outcome = ScrapeOutcome::other;
            judgement.detail = "it says that it is " + address.text() + ", which is another film's";
        }
    }
    record(flight->id, judgement.outcome, judgement.detail, &facts);
    if (judgement.outcome == ScrapeOutcome::other) {
        logger().warning("%s (%s): %s", page.id.text(), flight->id.string(), judgement.detail);
        settleUseless(flight, {"Its page at Rotten Tomatoes is another film's now: " + judgement.detail},
                      true);
        return false;
    }
    FlightResult result =
        FetchFailed{"The pages of Rotten Tomatoes have changed: what they say is not believed."};
    if (store(*flight, judgement, probe)) {
        if (where != Address::asked || !flight->triedRtIds.empty()) {
            remember({{flight->id, IdAnswer{{address}}}});  // so that the next fetch goes there at once
        }
        result = Fetched{judgement.row.facts, judgement.row.cachedAt, judgement.row.expiresAt};
    }
    unclaim({flight});
    land(flight, std::move(result));
    return judgement.mayBeMarkup();
}

/// A page that is of no use: the movie's next id is tried, Wikidata asked again (where `askAgain`), or the
/// movie left alone for a while.
void Fetcher::settleUseless(const std::shared_ptr<Flight>& flight, FetchFailed failed, bool askAgain) {
    if (tryElsewhere(flight, failed, askAgain)) {
        return;
    }
    failed.retryAfter = std::chrono::ceil<std::chrono::seconds>(_options.failureHoldOff);
    rememberFailure(flight->id, failed, true);
    unclaim({flight});
    land(flight, std::move(failed));
}

/// False when there is nothing else to try.
bool Fetcher::tryElsewhere(const std::shared_ptr<Flight>& flight, const FetchFailed& failed, bool askAgain) {
    flight->triedRtIds.push_back(*flight->rtId);
    flight->lastFailure = failed;
    auto next = flight->takeNextRtId();
    if (!next && !(askAgain && flight->rtIdRemembered)) {
        return false;
    }
    unclaim({flight});
    const Lock lock(_mutex);
    flight->rtId = std::move(next);
    flight->rtIdRemembered = false;
    enqueue(flight, flight->rtId ? Stage::waitingForPage : Stage::waitingForId);
    return true;
}

/// Whose page the address is, by what is remembered, else by Wikidata asked the other way round. One that is
/// nobody's is this movie's under another name.
Fetcher::PageOwner Fetcher::ownerOf(const RtId& address, const std::shared_ptr<Flight>& flight,
                                    IdSource& ids) {
    std::optional<std::vector<ImdbId>> owners;
    try {
        owners = _parts.store.findMoviesOf(address);
    } catch (const StoreError& error) {
        logger().error("cannot look up whose page %s is: %s", address.text(), std::string(error.what()));
        return PageOwner::unknown;
    }
    if (owners->empty()) {
        owners = moviesOf(address, flight, ids);
    }
    if (!owners) {
        return PageOwner::unknown;
    }
    const bool ours = owners->empty() || std::ranges::find(*owners, flight->id) != owners->end();
    return ours ? PageOwner::thisMovie : PageOwner::another;
}

/// Asks Wikidata, in a slot like any other question; nothing when it does not answer.
std::optional<std::vector<ImdbId>> Fetcher::moviesOf(const RtId& address,
                                                     const std::shared_ptr<Flight>& flight, IdSource& ids) {
    const Deadline deadline = Deadline::in(kWhosePageTimeout);
    Gate::Entry entry = _parts.gate.enter(Upstream::wikidata, urgencyOf(*flight), deadline);
    auto* slot = std::get_if<Slot>(&entry);
    if (slot == nullptr) {
        return std::nullopt;
    }
    const auto began = Deadline::Clock::now();
    auto reply = ids.moviesOf(
        address, Deadline::in(_options.wikidataTimeout).sooner(deadline).sooner(slot->deadline()));
    slot->giveBack(note(Upstream::wikidata, {flight}, std::get_if<UpstreamFailure>(&reply), began));
    _parts.gate.withdraw(Upstream::wikidata);
    auto* movies = std::get_if<std::vector<ImdbId>>(&reply);
    return movies == nullptr ? std::nullopt : std::optional(std::move(*movies));
}

Priority Fetcher::urgencyOf(const Flight& flight) {
    const Lock lock(_mutex);
    return std::ranges::any_of(flight.passengers,
                               [](const Passenger& p) { return p.priority == Priority::people; })
               ? Priority::people
               : Priority::refresher;
}

/// False when pages are not believed now. What was fetched and cannot be written for want of a database is
/// good all the same.
bool Fetcher::store(const Flight& flight, const Judgement& judgement, bool probe) {
    const bool read = judgement.outcome == ScrapeOutcome::read;
    if (!read) {
        logger().warning("%s (%s) lacks what it had: %s", judgement.row.rtId, flight.id.string(),
                         judgement.detail);
    }
    try {
        if (_parts.gate.pagesSuspended()) {
            if (!read || !probe) {
                return false;
            }
            _parts.gate.believePages();
        }
    } catch (const StoreError& error) {
        logger().error("cannot look whether pages are believed: %s", std::string(error.what()));
    }
    save(flight, judgement.row);
    return true;
}

/// A page that came is paid for: while the database is away for a moment, or has no connection for us, it is
/// tried again.
void Fetcher::save(const Flight& flight, const StoredMovie& row) {
    const Deadline deadline = Deadline::in(kSaveTime);
    for (;;) {
        try {
            _parts.store.saveMovie(row);
            if (flight.failedBefore) {
                _parts.store.forgetFailure(flight.id);
            }
            return;
        } catch (const StoreError& error) {
            Lock lock(_mutex);
            if (error.kind() == StoreError::Kind::unwritable || deadline.passed() || _stopping) {
                logger().error("cannot store %s, which was fetched: %s", flight.id.string(),
                               std::string(error.what()));
                return;
            }
            _work.wait_for(lock, kSavePause, [this] { return _stopping; });
        }
    }
}

void Fetcher::record(const ImdbId& id, ScrapeOutcome outcome, const std::string& detail,
                     const MovieFacts* facts) {
    metrics().pages.count(outcome);
    ScrapeRecord scrape{.imdbId = id, .scrapedAt = _parts.store.time(), .outcome = outcome, .detail = detail};
    if (facts != nullptr) {
        scrape.criticScore = facts->criticScore;
        scrape.audienceScore = facts->audienceScore;
    }
    try {
        ScrapeTable(_parts.store).add(scrape);
    } catch (const StoreError& error) {
        logger().error("cannot write down what came of %s: %s", id.string(), std::string(error.what()));
    }
}

}  // namespace rtbatch
