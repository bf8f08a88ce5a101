#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/fetch/fair_queue.h"
#include "common/fetch/flight.h"
#include "common/fetch/gate.h"
#include "common/fetch/judgement.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/model/lifetime.h"
#include "common/page/page_reader.h"
#include "common/store/store.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Wikidata is asked for at most so many ids at once.
constexpr std::size_t kMostIdsInAQuery = 50;

/// How long it may take to learn from Wikidata whose page it is that came.
constexpr std::chrono::seconds kWhosePageTimeout{10};

/// One who waits for a flight.
struct Passenger {
    std::shared_ptr<FlightListener> listener;
    Priority priority;
};

/// One fetch of one movie, shared by all who wait for it. Guarded by the fetcher's lock, but for what the one
/// worker that has it under way reads.
struct Flight {
    enum class Stage {
        waitingForId,
        askingForId,
        idElsewhere,  ///< another process asks for it
        waitingForPage,
        fetchingPage,
        pageElsewhere,
    };

    ImdbId id;
    Stage stage = Stage::waitingForId;
    std::chrono::steady_clock::time_point wantedAt = std::chrono::steady_clock::now();
    /// When it was found to be under way elsewhere, by the shared clock.
    Timestamp elsewhereSince{};
    /// It has failed before, and that is remembered.
    bool failedBefore = false;
    /// Its claim, while this process has it under way.
    std::optional<Lease> claim = std::nullopt;
    std::optional<RtId> rtId = std::nullopt;
    /// The Rotten Tomatoes id is remembered, not just asked for: if its page is gone or another film's,
    /// Wikidata is asked again, once.
    bool rtIdRemembered = false;
    /// Further ids that Wikidata gave, to be tried in this order.
    std::vector<RtId> nextRtIds{};
    /// Ids whose pages were of no use to this flight, and what was wrong with the last one.
    std::vector<RtId> triedRtIds{};
    std::optional<FetchFailed> lastFailure = std::nullopt;
    /// In a query with at most so many others. Falls after each failure that it may have caused, so that one
    /// poisonous id costs its companions nothing in the end.
    std::size_t companions = kMostIdsInAQuery;
    std::vector<Passenger> passengers{};
    /// A row is fresh enough if it lasts beyond this: the refresher renews rows before they expire.
    Timestamp freshUntil{};
    /// Its row, as it was when the page was about to be fetched.
    std::optional<StoredMovie> stored = std::nullopt;

    /// The first of the further ids that was not tried, taken from them.
    std::optional<RtId> takeNextRtId();
    bool hasTried(const RtId& id) const { return std::ranges::find(triedRtIds, id) != triedRtIds.end(); }
    bool isQueued() const { return stage == Stage::waitingForId || stage == Stage::waitingForPage; }
    bool isElsewhere() const { return stage == Stage::idElsewhere || stage == Stage::pageElsewhere; }
    bool isFresh(const CachedMovie& row, Timestamp time) const {
        return !row.staleAt(std::max(time, freshUntil));
    }
};

/// Under which name a flight is claimed among processes, for the stage that it is in or waits for elsewhere.
std::string claimName(const Flight& flight);

/// A movie to be fetched; with its Rotten Tomatoes id where an old row has it.
struct Wanted {
    ImdbId id;
    std::optional<RtId> rtId = std::nullopt;
    Timestamp freshUntil{};  ///< fetched even where a row is fresh now, if it expires by then
};

struct FetcherOptions {
    int wikidataWorkers = 5;
    int pageWorkers = 2;
    std::chrono::milliseconds wikidataTimeout{20000};  ///< of one request
    std::chrono::milliseconds pageTimeout{20000};      ///< of one request
    std::chrono::milliseconds readTimeout{5000};       ///< for reading one page
    LifetimeRules lifetime{};                          ///< of a scraped row
    std::chrono::hours rtIdTtl{24 * 90};               ///< of an id that Wikidata gave
    std::chrono::hours notFoundTtl{24};                ///< of "Wikidata knows none"
    std::size_t maxFlights = 20000;                    ///< more are refused, each with FetchFailed
    std::size_t accountShare = 4;                      ///< one account may have a quarter of them wait
    /// A pause of an upstream up to this is waited out by what waited before it began; whatever else waits
    /// fails at once.
    std::chrono::milliseconds patience{10000};
    /// How long a movie is left alone whose page is gone or cannot be read; doubles each time, to a day.
    std::chrono::milliseconds failureHoldOff{600000};
    /// How long no page is asked for when this host cannot read any; then its reader is tried first.
    std::chrono::milliseconds readerRetry{30000};
    /// How often a flight of another process is looked at: where its bell is heard, and where not.
    std::chrono::milliseconds nearLook{4000};
    std::chrono::milliseconds farLook{60};
};

/// What fetching needs. Each worker gets a source of its own, for connections are kept and not shared.
struct FetcherParts {
    std::function<std::unique_ptr<IdSource>()> makeIdSource;
    std::function<std::unique_ptr<PageSource>()> makePageSource;
    PageReader& reader;
    Store& store;
    Leases& leases;
    Gate& gate;
    Bell& bell;
};

/// Fetches movies in the background: Wikidata for ids that are not known, many in one request, then the
/// pages, one flight a movie, fair between listeners. What was fetched is stored, also when its listeners
/// have gone. What another process of the deployment has under way is not fetched again but waited for.
class Fetcher {
public:
    Fetcher(const FetcherOptions& options, FetcherParts parts);
    ~Fetcher();  ///< stops at once
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    /// Each of `movies` (distinct) will land at `listener` once, unless it leaves first. Reads what is known
    /// of them, and so may take as long as some calls of the store.
    void want(const std::shared_ptr<FlightListener>& listener, Priority priority,
              const std::vector<Wanted>& movies);

    /// Fetches each of `movies` (distinct) though nobody waits for it, after all that somebody waits for.
    /// What is being fetched anyway is not fetched twice, and what there is no room for is not fetched: a
    /// quarter of the room is the most that this may take.
    void renew(std::vector<Wanted> movies);

    /// `listener` no longer waits for `movies`, which are all it still waits for. What nobody else waits for
    /// is dropped from the queues; a request already open is finished and its result stored.
    void leave(const FlightListener* listener, std::span<const ImdbId> movies);

    /// `listener` waits for nothing any more but for pages that are being fetched: gives those.
    std::vector<ImdbId> keepOpenOnly(const FlightListener* listener);

    /// Drops what waits, lets open requests finish until `deadline`, then cancels them. Nothing lands
    /// afterwards.
    void stop(Deadline deadline);

private:
    using Lock = std::unique_lock<std::mutex>;
    using Stage = Flight::Stage;
    using Flights = std::vector<std::shared_ptr<Flight>>;

    /// What to tell whom, gathered under the lock and told without it.
    struct Landing {
        std::vector<Passenger> passengers;
        ImdbId id;
        std::shared_ptr<const FlightResult> result;
    };

    /// What a page worker asks with; of its own, for connections are kept and not shared.
    struct PageSources {
        PageSource& pages;
        IdSource& ids;
    };

    /// Those are told when it goes, whatever else may fail: they have ended.
    class Landings {
    public:
        explicit Landings(std::size_t most = 0) { expect(most); }
        /// Makes room for so many more, so that add() does not fail for want of it.
        void expect(std::size_t most) { _landings.reserve(_landings.size() + most); }
        ~Landings() { tell(_landings); }
        Landings(const Landings&) = delete;
        Landings& operator=(const Landings&) = delete;
        void add(Landing landing) { _landings.push_back(std::move(landing)); }
        std::span<const Landing> all() const { return _landings; }

    private:
        std::vector<Landing> _landings;
    };

    /// What is known of movies before they are wanted.
    struct Known {
        std::vector<KnownRtId> rtIds{};
        std::vector<KnownFailure> failures{};
        std::optional<Shut> wikidata{};
        std::optional<Shut> rottenTomatoes{};
        std::optional<FetchFailed> reading{};  ///< this host cannot read pages
        bool unwritable = false;               ///< nothing can be fetched, for the database cannot be written
    };

    // fetcher_work.cpp
    void runIdWorker(IdSource& source);
    void runPageWorker(const PageSources& sources);
    void runWorker(Upstream upstream, const std::function<bool(Slot&)>& work);
    bool waitForWork(Upstream upstream, Priority& mostUrgent);
    bool failIfUnwritable(Upstream upstream);
    std::optional<Slot> permission(Upstream upstream, Priority priority);
    Flights claim(Flights flights);
    void unclaim(const Flights& flights);
    void ring(const Flights& flights);
    void putBack(std::span<const std::shared_ptr<Flight>> flights, Stage stage, const StoreError& error);
    bool askForIds(IdSource& source, Slot& slot);
    Flights withoutAnswered(Flights flights);
    void settleIds(const Flights& flights, const IdAnswers& answers, bool asked);
    void splitOrFail(const Flights& flights, const UpstreamFailure& failure);
    bool fetchPage(const PageSources& sources, Slot& slot);
    bool settleIfFetched(const std::shared_ptr<Flight>& flight);
    bool store(const Flight& flight, const Judgement& judgement, bool probe);
    void save(const Flight& flight, const StoredMovie& row);
    void record(const ImdbId& id, ScrapeOutcome outcome, const std::string& detail,
                const MovieFacts* facts = nullptr);
    void failPage(const std::shared_ptr<Flight>& flight, const UpstreamFailure& failure);

    // fetcher_pages.cpp
    bool settlePage(const std::shared_ptr<Flight>& flight, const Page& page, bool probe, IdSource& ids);
    void settleUseless(const std::shared_ptr<Flight>& flight, FetchFailed failed, bool askAgain);
    bool tryElsewhere(const std::shared_ptr<Flight>& flight, const FetchFailed& failed, bool askAgain);
    enum class PageOwner { thisMovie, another, unknown };
    PageOwner ownerOf(const RtId& address, const std::shared_ptr<Flight>& flight, IdSource& ids);
    std::optional<std::vector<ImdbId>> moviesOf(const RtId& address, const std::shared_ptr<Flight>& flight,
                                                IdSource& ids);
    Priority urgencyOf(const Flight& flight);

    // fetcher_guard.cpp
    void guardPages(PageSource& pages);
    struct GoodFilm {
        ImdbId id;
        bool bad;
    };
    std::optional<GoodFilm> tryGoodFilm(PageSource& pages,
                                        const std::optional<ImdbId>& except = std::nullopt);
    std::optional<GoodFilm> tryGoodFilm(PageSource& pages, Slot& slot, const std::optional<ImdbId>& except);
    void suspendReading(const std::string& why);
    bool mayRead();
    std::optional<FetchFailed> readingFailure() const;
    bool isBad(const StoredMovie& film, const Page& page);

    // fetcher_work.cpp
    void rememberFailure(const ImdbId& id, const FetchFailed& failure, bool itsOwn);
    void failUnexpectedly(std::span<const std::shared_ptr<Flight>> flights, Stage stage,
                          const std::exception& error) noexcept;
    Slot::Outcome note(Upstream upstream, const Flights& flights, const UpstreamFailure* failure,
                       Deadline::Clock::time_point began);
    std::string whoWaits(const Flights& flights);
    std::vector<CachedMovie> findRows(std::span<const ImdbId> ids);
    void remember(const IdAnswers& answers);

    // fetcher_watch.cpp
    void runWatcher();
    void watch(const Flights& flights);
    bool isLost(const LeaseRow& claim, const std::shared_ptr<Flight>& flight, Stage stage);
    Flights withoutClaim(const Flights& flights, Stage stage);
    void settlePages(const Flights& flights, Stage stage, const Flights& ended);
    void settleWatchedIds(const Flights& flights, Stage stage, const Flights& ended);
    void heard(std::string_view message);

    Known lookUp(std::span<const Wanted> movies);
    // With the lock held:
    std::optional<FlightResult> answerAtOnce(const Wanted& movie, const Known& known,
                                             std::string_view account);
    std::optional<FlightResult> refuseForRoom(std::string_view account) const;
    Flights takeForId();
    std::shared_ptr<Flight> take(FairQueue& queue, Stage stage);
    void board(const std::shared_ptr<Flight>& flight, const Passenger& passenger);
    void enqueue(const std::shared_ptr<Flight>& flight, Stage stage);
    FairQueue& queueOf(Stage stage) { return stage == Stage::waitingForId ? _forId : _forPage; }
    void drop(const std::shared_ptr<Flight>& flight);
    void noteWork();
    Landing end(const std::shared_ptr<Flight>& flight, FlightResult result);
    Flights takeWatched(bool far);
    bool isStill(const std::shared_ptr<Flight>& flight, Stage stage) const;
    void failQueued(Upstream upstream, const Shut& shut, Landings& landings);
    void failAllQueued(Upstream upstream, const FetchFailed& failure, Landings& landings);

    void land(const std::shared_ptr<Flight>& flight, FlightResult result);
    static void tell(std::span<const Landing> landings) noexcept;

    const FetcherOptions _options;
    const FetcherParts _parts;
    /// Made before there is no memory for it.
    const std::shared_ptr<const FlightResult> _internalError =
        std::make_shared<const FlightResult>(FetchFailed{"An internal error; ask again later."});

    const std::shared_ptr<FlightListener> _nobody;  // waits for what is renewed

    mutable std::mutex _mutex;
    std::condition_variable _work;                                 // something to do, or stop
    std::condition_variable _idle;                                 // a worker has finished something
    std::condition_variable _watch;                                // something to watch, or stop
    std::unordered_map<ImdbId, std::shared_ptr<Flight>> _flights;  // guarded by _mutex
    FairQueue _forId;                                              // guarded by _mutex
    FairQueue _forPage;                                            // guarded by _mutex
    std::atomic<bool> _idWork = false;  // what stands in them, to be read without the lock
    std::atomic<bool> _pageWork = false;
    std::set<ImdbId> _elsewhere;  // guarded by _mutex; other processes have these
    std::set<ImdbId> _rung;       // guarded by _mutex; others have settled these
    int _busy = 0;                // guarded by _mutex
    /// This host's reader fails on every page: until when no page is asked for; with why, for a person.
    std::optional<Deadline> _readingSuspended{};  // guarded by _mutex
    std::string _whyNotReading{};                 // guarded by _mutex
    std::atomic<bool> _guarding = false;          // one worker at a time tries a good film
    bool _stopping = false;                       // guarded by _mutex

    std::vector<std::unique_ptr<IdSource>> _idSources;
    std::vector<std::unique_ptr<PageSource>> _pageSources;
    std::vector<std::jthread> _workers;
    std::optional<Bell::Subscription> _subscription;
};

}  // namespace rtbatch
