#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/fetch/breaker.h"
#include "common/fetch/fair_queue.h"
#include "common/fetch/flight.h"
#include "common/fetch/slots.h"
#include "common/page/page_reader.h"
#include "common/store/store.h"
#include "common/upstream/upstream.h"

namespace rtbatch {

/// Wikidata is asked for at most so many ids at once.
constexpr std::size_t kMostIdsInAQuery = 50;

/// One who waits for a flight.
struct Passenger {
    std::shared_ptr<FlightListener> listener;
    Priority priority;
};

/// One fetch of one movie, shared by all who wait for it. Guarded by the fetcher's lock, but for what the one
/// worker that has it under way reads.
struct Flight {
    enum class Stage { waitingForId, askingForId, waitingForPage, fetchingPage };

    ImdbId id;
    Stage stage = Stage::waitingForId;
    std::optional<RtId> rtId = std::nullopt;
    /// The Rotten Tomatoes id is remembered, not just asked for: if its page is gone, Wikidata is asked
    /// again.
    bool rtIdRemembered = false;
    /// In a query with at most so many others. Falls after each failure that it may have caused, so that one
    /// poisonous id costs its companions nothing in the end.
    std::size_t companions = kMostIdsInAQuery;
    std::vector<Passenger> passengers{};
    /// A page that turned out to be gone, so that the same answer of Wikidata is not tried twice.
    std::optional<RtId> gone = std::nullopt;

    bool isWaiting() const { return stage == Stage::waitingForId || stage == Stage::waitingForPage; }
};

/// A movie to be fetched; with its Rotten Tomatoes id where an old row has it.
struct Wanted {
    ImdbId id;
    std::optional<RtId> rtId = std::nullopt;
};

struct FetcherOptions {
    int wikidataWorkers = 5;
    int pageWorkers = 2;
    std::chrono::milliseconds wikidataTimeout{20000};  ///< of one request
    std::chrono::milliseconds pageTimeout{20000};      ///< of one request
    std::chrono::milliseconds readTimeout{5000};       ///< for reading one page
    std::chrono::hours ttl{168};                       ///< of a scraped row
    std::chrono::hours rtIdTtl{24 * 90};               ///< of an id that Wikidata gave
    std::chrono::hours notFoundTtl{24};                ///< of "Wikidata knows none"
    std::size_t maxFlights = 20000;                    ///< more are refused, each with FetchFailed
    /// A pause of an upstream up to this is waited out; a longer one fails what waits, at once.
    std::chrono::milliseconds patience{10000};
};

/// What fetching needs. Each worker gets a source of its own, for connections are kept and not shared.
struct FetcherParts {
    std::function<std::unique_ptr<IdSource>()> makeIdSource;
    std::function<std::unique_ptr<PageSource>()> makePageSource;
    PageReader& reader;
    Store& store;
    SlotPool& slots;
    Breaker& breaker;
};

/// Fetches movies in the background: Wikidata for ids that are not known, many in one request, then the
/// pages, one flight a movie, fair between listeners. What was fetched is stored, also when its listeners
/// have gone.
class Fetcher {
public:
    Fetcher(const FetcherOptions& options, FetcherParts parts);
    ~Fetcher();  ///< stops at once
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    /// Each of `movies` (distinct) will land at `listener` once, unless it leaves first. Reads `rt_id`, and
    /// so may take as long as one call of the store.
    void want(const std::shared_ptr<FlightListener>& listener, Priority priority, std::vector<Wanted> movies);

    /// `listener` no longer waits for `movies`, which are all it still waits for. What nobody else waits for
    /// is dropped from the queues; a request already open is finished and its result stored.
    void leave(const FlightListener* listener, std::span<const ImdbId> movies);

    /// Drops what waits, lets open requests finish until `deadline`, then cancels them. Nothing lands
    /// afterwards.
    void stop(Deadline deadline);

private:
    using Lock = std::unique_lock<std::mutex>;
    using Flights = std::vector<std::shared_ptr<Flight>>;

    /// What to tell whom, gathered under the lock and told without it.
    struct Landing {
        std::vector<Passenger> passengers;
        ImdbId id;
        std::shared_ptr<const FlightResult> result;
    };

    void runIdWorker(IdSource& source);
    void runPageWorker(PageSource& source);
    bool waitForWork(FairQueue& queue, Priority& mostUrgent);
    std::optional<Slot> permission(Upstream upstream, Priority priority);
    void askForIds(IdSource& source, const Flights& flights, Slot slot);
    void splitOrFail(const Flights& flights, const UpstreamFailure& failure);
    void fetchPage(PageSource& source, const std::shared_ptr<Flight>& flight, Slot slot);
    FlightResult readAndStore(const ImdbId& id, const Page& page);
    void failUnexpectedly(const Flights& flights, const std::exception& error);
    void forgo(Upstream upstream);
    void report(Upstream upstream, const UpstreamFailure* failure);

    std::optional<Fetched> findFresh(const ImdbId& id);
    std::vector<KnownRtId> remembered(std::span<const Wanted> movies);
    void remember(const IdAnswers& answers);

    // With the lock held:
    Flights takeForId();
    std::shared_ptr<Flight> take(FairQueue& queue, Flight::Stage stage);
    void board(const std::shared_ptr<Flight>& flight, const Passenger& passenger);
    void enqueue(const std::shared_ptr<Flight>& flight, Flight::Stage stage);
    FairQueue& queueOf(Flight::Stage stage) {
        return stage == Flight::Stage::waitingForId ? _forId : _forPage;
    }
    Landing end(const std::shared_ptr<Flight>& flight, FlightResult result);
    void failWaiting(Flight::Stage stage, const FetchFailed& failure, std::vector<Landing>& landings);

    void land(const std::shared_ptr<Flight>& flight, FlightResult result);
    static void tell(const std::vector<Landing>& landings);

    const FetcherOptions _options;
    const FetcherParts _parts;

    std::mutex _mutex;
    std::condition_variable _work;                                 // something to do, or stop
    std::condition_variable _idle;                                 // a worker has finished something
    std::unordered_map<ImdbId, std::shared_ptr<Flight>> _flights;  // guarded by _mutex
    FairQueue _forId;                                              // guarded by _mutex
    FairQueue _forPage;                                            // guarded by _mutex
    int _busy = 0;                                                 // guarded by _mutex
    bool _stopping = false;                                        // guarded by _mutex

    std::vector<std::unique_ptr<IdSource>> _idSources;
    std::vector<std::unique_ptr<PageSource>> _pageSources;
    std::vector<std::jthread> _workers;
};

}  // namespace rtbatch
