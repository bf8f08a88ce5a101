// The markup guard's part of the fetcher: many bad pages may be those films' own matter, so a film that is
// known to be good is tried before pages are no longer believed, and while they are not.
#include <utility>

#include "common/fetch/fetcher.h"
#include "common/fetch/fetcher_log.h"

namespace rtbatch {

namespace {

/// How long it may take to get a slot for the good film.
constexpr std::chrono::seconds kSlotTimeout{10};

/// Lowers a flag when it goes.
class Lowering {
public:
    explicit Lowering(std::atomic<bool>& flag) : _flag(flag) {}
    ~Lowering() { _flag = false; }
    Lowering(const Lowering&) = delete;
    Lowering& operator=(const Lowering&) = delete;

private:
    std::atomic<bool>& _flag;
};

}  // namespace

/// After a page that lost a fact or could not be read.
void Fetcher::guardPages(PageSource& pages) {
    try {
        const auto from = _parts.gate.pagesCountFrom();
        if (!from || !isMarkupChange(ScrapeTable(_parts.store).tally(kGuardedPages, *from).bad) ||
            _guarding.exchange(true)) {
            return;
        }
        const Lowering lowering(_guarding);
        // One of them may be bad by itself.
        std::optional<GoodFilm> first = tryGoodFilm(pages);
        const bool bad = first && first->bad;
        const std::optional<GoodFilm> second = bad ? tryGoodFilm(pages, first->id) : std::nullopt;
        if (second && second->bad) {
            _parts.gate.suspendPages();
        }
    } catch (const StoreError& error) {
        logger().error("cannot look whether the pages have changed: %s", std::string(error.what()));
    }
}

/// The same in a slot of its own.
std::optional<Fetcher::GoodFilm> Fetcher::tryGoodFilm(PageSource& pages,
                                                      const std::optional<ImdbId>& except) {
    Gate::Entry entry =
        _parts.gate.enter(Upstream::rottenTomatoes, Priority::people, Deadline::in(kSlotTimeout));
    auto* slot = std::get_if<Slot>(&entry);
    return slot == nullptr ? std::nullopt : tryGoodFilm(pages, *slot, except);
}

/// Fetches the page of a film that is known to be good. Where it reads, pages are believed; the slot is given
/// back only then, or those who wait would fail before it is known. Nothing when there is no such film, or no
/// database.
std::optional<Fetcher::GoodFilm> Fetcher::tryGoodFilm(PageSource& pages, Slot& slot,
                                                      const std::optional<ImdbId>& except) try {
    const auto film = ScrapeTable(_parts.store).findGoodFilm(except);
    const auto rtId = film ? RtId::parse(film->rtId) : std::nullopt;
    if (!rtId) {
        return std::nullopt;
    }
    const auto began = Deadline::Clock::now();
    const auto reply = pages.fetch(*rtId, Deadline::in(_options.pageTimeout).sooner(slot.deadline()));
    const auto* failure = std::get_if<UpstreamFailure>(&reply);
    const auto outcome = note(Upstream::rottenTomatoes,
                              {std::make_shared<Flight>(Flight{.id = film->imdbId})}, failure, began);
    // A failure says nothing of how pages read.
    const bool bad = failure == nullptr && isBad(*film, std::get<Page>(reply));
    slot.giveBack(outcome);
    return GoodFilm{film->imdbId, bad};
} catch (const StoreError& error) {
    logger().error("cannot try whether pages read: %s", std::string(error.what()));
    return std::nullopt;
}

/// Reads the page of a film that is known to be good.
bool Fetcher::isBad(const StoredMovie& film, const Page& page) {
    const Reading reading = _parts.reader.read(page.html, Deadline::in(_options.readTimeout));
    if (const auto* notTried = std::get_if<NotTried>(&reading)) {
        suspendReading(notTried->reason);
        return false;
    }
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        record(film.imdbId, ScrapeOutcome::unreadable, unreadable->reason);
        return true;
    }
    const auto& facts = std::get<MovieFacts>(reading);
    const Judgement judgement =
        judge(film, film.imdbId, page.id, facts, _options.lifetime, _parts.store.time());
    record(film.imdbId, judgement.outcome, judgement.detail, &facts);
    if (!judgement.mayBeMarkup() && judgement.outcome != ScrapeOutcome::other) {
        _parts.gate.believePages();
    }
    return judgement.mayBeMarkup();
}

/// This host's reader fails, whatever the page. That is nothing against the site or a movie; other hosts go
/// on.
void Fetcher::suspendReading(const std::string& why) {
    logger().error("this host cannot read pages, and asks for none until it can: %s", why);
    const Lock lock(_mutex);
    _readingSuspended = Deadline::in(_options.readerRetry);
    _whyNotReading = why;
}

/// Whether pages may be asked for. When the reader has failed and its time is up, it is tried on a known
/// page. While it fails, what waits for a page fails.
bool Fetcher::mayRead() {
    {
        const Lock lock(_mutex);
        if (!_readingSuspended) {
            return true;
        }
    }
    if (!readingFailure()) {
        if (const auto why = _parts.reader.check()) {
            suspendReading(*why);
        } else {
            logger().notice("this host can read pages again");
            const Lock lock(_mutex);
            _readingSuspended.reset();
            return true;
        }
    }
    if (const auto failed = readingFailure()) {
        Landings landings;
        const Lock lock(_mutex);
        failAllQueued(Upstream::rottenTomatoes, *failed, landings);
    }
    return false;
}

/// What is answered while no page is asked for.
std::optional<FetchFailed> Fetcher::readingFailure() const {
    const Lock lock(_mutex);
    if (!_readingSuspended || _readingSuspended->passed()) {
        return std::nullopt;
    }
    return FetchFailed{"This host cannot read pages now: " + _whyNotReading,
                       std::max(std::chrono::seconds(1),
                                std::chrono::ceil<std::chrono::seconds>(_readingSuspended->left()))};
}

}  // namespace rtbatch
