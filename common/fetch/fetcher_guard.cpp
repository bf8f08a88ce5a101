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
        Gate::Entry entry =
            _parts.gate.enter(Upstream::rottenTomatoes, Priority::people, Deadline::in(kSlotTimeout));
        if (auto* slot = std::get_if<Slot>(&entry)) {
            tryGoodFilm(pages, *slot);
        }
    } catch (const StoreError& error) {
        logger().error("cannot look whether the pages have changed: %s", std::string(error.what()));
    }
}

/// Fetches the page of a film that is known to be good, and has pages believed or not by what it says. The
/// slot is given back only then, or those who wait would fail before it is known. False when there is no such
/// film, or no database.
bool Fetcher::tryGoodFilm(PageSource& pages, Slot& slot) try {
    const auto film = ScrapeTable(_parts.store).findGoodFilm();
    const auto rtId = film ? RtId::parse(film->rtId) : std::nullopt;
    if (!rtId) {
        return false;
    }
    const auto began = Deadline::Clock::now();
    const auto reply = pages.fetch(*rtId, Deadline::in(_options.pageTimeout).sooner(slot.deadline()));
    const auto* failure = std::get_if<UpstreamFailure>(&reply);
    const auto outcome = note(Upstream::rottenTomatoes,
                              {std::make_shared<Flight>(Flight{.id = film->imdbId})}, failure, began);
    if (failure == nullptr) {  // else it says nothing of how pages read
        judgeGoodFilm(*film, std::get<Page>(reply));
    }
    slot.giveBack(outcome);
    return true;
} catch (const StoreError& error) {
    logger().error("cannot try whether pages read: %s", std::string(error.what()));
    return false;
}

void Fetcher::judgeGoodFilm(const StoredMovie& film, const Page& page) {
    const Reading reading = _parts.reader.read(page.html, Deadline::in(_options.readTimeout));
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        record(film.imdbId, ScrapeOutcome::unreadable, unreadable->reason);
        _parts.gate.suspendPages();
        return;
    }
    const auto& facts = std::get<MovieFacts>(reading);
    const Judgement judgement = judge(film, film.imdbId, page.id, facts, _options.lifetime, now());
    record(film.imdbId, judgement.outcome, judgement.detail, &facts);
    if (judgement.outcome == ScrapeOutcome::read) {
        _parts.gate.believePages();
    } else if (judgement.outcome == ScrapeOutcome::lost) {
        _parts.gate.suspendPages();
    }
}

}  // namespace rtbatch
