// What the fetcher does with a page that came: it is read, held to the stored row, and written, unless the
// markup guard says no.
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/fetcher_log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

FlightResult Fetcher::readAndStore(const Flight& flight, const Page& page, bool probe) {
    const Reading reading = _parts.reader.read(page.html, Deadline::in(_options.readTimeout));
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        logger().warning("cannot read %s (%s): %s", page.id.text(), flight.id.string(), unreadable->reason);
        return failScrape(flight, ScrapeOutcome::unreadable, unreadable->reason,
                          "Its page at Rotten Tomatoes could not be read: " + unreadable->reason);
    }
    const auto& facts = std::get<MovieFacts>(reading);
    const Judgement judgement = judge(flight.stored, flight.id, page.id, facts, _options.lifetime, now());
    if (judgement.outcome == ScrapeOutcome::other) {
        logger().warning("%s (%s): %s", page.id.text(), flight.id.string(), judgement.detail);
        return failScrape(flight, judgement.outcome, judgement.detail,
                          "Its page at Rotten Tomatoes is another film's now: " + judgement.detail);
    }
    record(flight.id, judgement.outcome, judgement.detail, &facts);
    if (!store(flight, judgement, probe)) {
        return FetchFailed{"The pages of Rotten Tomatoes have changed: what they say is not believed."};
    }
    return Fetched{judgement.row.facts, judgement.row.cachedAt, judgement.row.expiresAt};
}

/// A page that is no use: the movie is left alone for a while.
FlightResult Fetcher::failScrape(const Flight& flight, ScrapeOutcome outcome, const std::string& detail,
                                 std::string message) {
    record(flight.id, outcome, detail);
    if (outcome == ScrapeOutcome::unreadable) {
        guardPages();
    }
    FetchFailed failed{std::move(message), std::chrono::ceil<std::chrono::seconds>(_options.failureHoldOff)};
    rememberFailure(flight.id, failed, true);
    return failed;
}

/// False when pages are not believed now. What was fetched and cannot be written for want of a database is
/// good all the same.
bool Fetcher::store(const Flight& flight, const Judgement& judgement, bool probe) {
    const bool read = judgement.outcome == ScrapeOutcome::read;
    if (!read) {
        logger().warning("%s (%s) lacks what it had: %s", judgement.row.rtId, flight.id.string(),
                         judgement.detail);
        guardPages();
    }
    try {
        if (_parts.gate.pagesSuspended()) {
            if (!read || !probe) {
                return false;
            }
            _parts.gate.believePages();
        }
        _parts.store.saveMovie(judgement.row);
        if (flight.failedBefore) {
            _parts.store.forgetFailure(flight.id);
        }
    } catch (const StoreError& error) {
        logger().error("cannot store %s, which was fetched: %s", flight.id.string(),
                       std::string(error.what()));
    }
    return true;
}

void Fetcher::record(const ImdbId& id, ScrapeOutcome outcome, const std::string& detail,
                     const MovieFacts* facts) {
    metrics().pages.count(outcome);
    ScrapeRecord scrape{.imdbId = id, .scrapedAt = now(), .outcome = outcome, .detail = detail};
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

/// After a page that lost a fact or could not be read.
void Fetcher::guardPages() {
    try {
        _parts.gate.judgePages([this](Timestamp since) {
            return isMarkupChange(ScrapeTable(_parts.store).tally(kGuardedPages, since).bad);
        });
    } catch (const StoreError& error) {
        logger().error("cannot look whether the pages have changed: %s", std::string(error.what()));
    }
}

}  // namespace rtbatch
