#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/fetch/fetcher.h"
#include "common/metrics/metrics.h"
#include "common/model/deadline.h"
#include "common/store/store.h"
#include "handler/batch_request.h"
#include "handler/call.h"
#include "handler/demand_recorder.h"
#include "handler/format.h"
#include "handler/monitor.h"
#include "handler/outcome.h"
#include "handler/worker_pool.h"

namespace rtbatch {

struct StreamOptions {
    std::chrono::milliseconds timeout{60000};       ///< from the request to `done`
    std::chrono::milliseconds movieTimeout{30000};  ///< the same for a single movie
    std::chrono::milliseconds heartbeat{10000};     ///< longest silence
    bool renews = true;  ///< whether rows are renewed behind an answer; else the process ends with it
};

/// What streams share.
struct StreamServices {
    Fetcher& fetcher;
    Monitor& monitor;
    WorkerPool& workers;
    DemandRecorder& demand;
    const Store& store;  ///< by whose clock rows are fresh or stale
    StreamOptions options;
};

/// One batch, or a single movie, on its way to one client. Hits go out at once; then the stream is parked: no
/// thread waits for it. What happens to it (a flight lands, a clock is due, the client leaves) is noted from
/// any thread, and a worker is asked to step it, one at a time.
///
/// Whole events are written in groups, each read by the web server before the next is written, for a deployed
/// client loses the event that a network read cuts. A server that does not read makes us wait 50 ms a group
/// at most, parked.
class BatchStream : public FlightListener,
                    public Watched,
                    public Task,
                    public std::enable_shared_from_this<BatchStream> {
public:
    /// `rows` has one for each id that is asked for, at its place; null: there is none. Has taken the call
    /// when nothing was thrown, and only then.
    BatchStream(StreamServices services, std::unique_ptr<Call>& call, std::unique_ptr<Format> format,
                const BatchRequest& request, const std::vector<MovieRow>& rows, Deadline deadline);
    ~BatchStream() override;
    BatchStream(const BatchStream&) = delete;
    BatchStream& operator=(const BatchStream&) = delete;

    /// Takes the first step, on this thread.
    void start();

    std::string name() const override { return _requestId; }
    std::string_view account() const override { return _account; }
    void landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) override;
    void departed() override;
    void due() override;
    void torn() override;
    void run() override { step(); }

private:
    struct Open {
        ImdbId id;
        MovieRow stale;  // null: there is none
    };
    using Landings = std::vector<std::pair<ImdbId, std::shared_ptr<const FlightResult>>>;

    /// What happened since the last step.
    struct Inbox {
        Landings landings;
        bool leave = false;  // the client has gone
        bool tear = false;   // the program stops
        bool due = false;

        bool empty() const { return landings.empty() && !leave && !tear && !due; }
    };

    void wake(const std::function<void(Inbox&)>& note);
    void step();
    void process(const Inbox& inbox);
    void begin();
    void settle(const ImdbId& id, const FlightResult& result);
    void settleFailed(const Open& open, std::string_view error, std::string_view message,
                      std::optional<std::chrono::seconds> retryAfter);
    void giveUp();
    void renew() noexcept;
    void addStale(const CachedMovie& row);
    void addMovie(const MovieOutcome& movie, bool startGroup);
    void addError(const ErrorOutcome& error);
    void add(std::string text, bool startGroup);
    bool pump();
    bool waitUntilRead();
    void park();
    void fail(const std::exception& error) noexcept;
    void end(BatchEnd how);
    void leaveFlights();
    void report(BatchEnd how);

    StreamServices _services;
    const std::string _requestId;
    const std::string _account;  // the key's name
    const Deadline _deadline;

    // Used by the one worker that steps the stream.
    std::unique_ptr<Call> _call;  // null when the stream has ended
    std::unique_ptr<Format> _format;
    std::vector<Open> _open;
    std::vector<Wanted> _renewals;  // old rows that were answered because they would do
    Counts _counts;
    ServedCounts _served;              // for the operator's hit ratio; an invalid id counts nowhere
    std::vector<std::string> _groups;  // to be written
    Deadline::Clock::time_point _written;
    bool _outcomeAdded = false;
    std::optional<Deadline::Clock::time_point> _firstOutcome;  // when the first one was written
    bool _begun = false;
    bool _doneAdded = false;
    bool _finished = false;  // the last group was written, and the answer ended with it
    bool _unread = false;    // the last group may not have been read yet
    std::optional<Monitor::Ticket> _ticket;

    std::mutex _mutex;
    Inbox _inbox;            // guarded by _mutex
    bool _scheduled = true;  // guarded by _mutex; a step is under way or posted
};

}  // namespace rtbatch
