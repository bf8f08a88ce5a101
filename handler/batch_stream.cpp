#include "handler/batch_stream.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <thread>

#include "common/log/log.h"
#include "common/metrics/metrics.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using Clock = Deadline::Clock;

/// Most bytes of a group. With the head and the chunk's frame that nginx adds it is one record of TLS (16,384
/// bytes), which a client reads whole. Seen with the deployed client's own reader over HTTPS: none of 800
/// runs lost an event with 16,000, all of 400 with 60,000.
constexpr std::size_t kMaxGroup = 16'000;

Poco::Logger& logger() {
    return Poco::Logger::get("rtbatch.stream");
}

/// Longest wait for the web server to have read a group: on the worker, then parked.
constexpr auto kReadPatience = 2ms;
constexpr auto kParkedReadPatience = 50ms;
constexpr auto kReadRetry = 2ms;

/// Between two looks whether it was read; an idle nginx takes about 50 us.
constexpr auto kShortestPause = 20us;

std::int64_t millisBetween(Clock::time_point a, Clock::time_point b) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(b - a).count();
}

}  // namespace

BatchStream::BatchStream(StreamServices services, std::unique_ptr<Call>& call, std::unique_ptr<Format> format,
                         const BatchRequest& request, const std::vector<MovieRow>& rows, Deadline deadline)
    : _services(services),
      _requestId(call->requestId()),
      _account(call->keyName()),
      _deadline(deadline),
      _format(std::move(format)),
      _written(Clock::now()) {
    _counts.total = static_cast<int>(request.ids.size() + request.invalid.size());
    add(_format->begin(*call), true);
    const Timestamp time = _services.store.time();
    const auto& [onlyIfCached, maxStale] = request.cacheControl;
    for (std::size_t i = 0; i < request.ids.size(); ++i) {
        const ImdbId& id = request.ids[i];
        const MovieRow& row = rows[i];
        if (row && !row->staleAt(time)) {
            ++_counts.cached;
            metrics().outcomes.count(OutcomeName::cached);
            addMovie({id, MovieStatus::cached, row->facts, row->cachedAt, row->expiresAt, time}, false);
        } else if (row && maxStale && time - row->expiresAt <= *maxStale) {
            metrics().outcomes.count(OutcomeName::maxStale);
            addStale(*row);
            if (!onlyIfCached && _services.options.renews) {
                _renewals.push_back({id, RtId::parse(row->rtId)});
            }
        } else if (onlyIfCached) {
            addError({id.text(), "not_cached",
                      "No row that would do, and only-if-cached asks that nothing be fetched."});
        } else {
            _open.push_back({id, row});
        }
    }
    for (const std::string& text : request.invalid) {
        addError({text, "invalid_id", std::string(ImdbId::whyNot(text))});
    }
    metrics().openStreams.add(1);  // now that nothing more is thrown
    _call = std::move(call);
}

BatchStream::~BatchStream() {
    if (_call) {
        metrics().openStreams.add(-1);  // one that threw before it could end
    }
}

void BatchStream::start() {
    step();
}

void BatchStream::landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) {
    wake([&](Inbox& inbox) {
        try {
            inbox.landings.emplace_back(id, result);
        } catch (const std::bad_alloc&) {
            inbox.tear = true;  // rather than without this movie's outcome
        }
    });
}

void BatchStream::departed() {
    wake([](Inbox& inbox) { inbox.leave = true; });
}

void BatchStream::due() {
    wake([](Inbox& inbox) { inbox.due = true; });
}

void BatchStream::torn() {
    wake([](Inbox& inbox) { inbox.tear = true; });
}

void BatchStream::wake(const std::function<void(Inbox&)>& note) {
    bool idle = false;
    {
        const std::scoped_lock lock(_mutex);
        note(_inbox);
        idle = !std::exchange(_scheduled, true);
    }
    if (idle) {
        _services.workers.post(std::shared_ptr<Task>(shared_from_this()));
    }
}

void BatchStream::step() {
    Inbox inbox;
    {
        const std::scoped_lock lock(_mutex);
        inbox = std::exchange(_inbox, {});
    }
    try {
        process(inbox);
    } catch (const std::exception& error) {
        fail(error);
    }
    bool more = false;
    {
        const std::scoped_lock lock(_mutex);
        more = _scheduled = !_inbox.empty();
    }
    if (more) {
        _services.workers.post(std::shared_ptr<Task>(shared_from_this()));
    }
}

/// Tears it, whatever else may fail.
void BatchStream::fail(const std::exception& error) noexcept {
    try {
        logEvent(logger(), Poco::Message::PRIO_ERROR, "a stream is torn: " + std::string(error.what()),
                 {{"request", _requestId}});
    } catch (const std::exception&) {
        logFailure(logger(), Poco::Message::PRIO_ERROR, "a stream is torn", error);
    }
    end(BatchEnd::torn);
}

void BatchStream::process(const Inbox& inbox) {
    if (!_call) {
        return;  // it has ended; this came late
    }
    if (inbox.leave || inbox.tear) {
        end(inbox.leave ? BatchEnd::left : BatchEnd::torn);
        return;
    }
    for (const auto& [id, result] : inbox.landings) {
        settle(id, *result);
    }
    if (!_open.empty() && _deadline.passed()) {
        giveUp();
    }
    if (_open.empty() && !_doneAdded) {
        _doneAdded = true;
        _outcomeAdded = true;
        add(_format->done(_counts), _counts.fetched > 0);
    }
    if (!_begun) {
        begin();
    } else if (_groups.empty() && Clock::now() >= _written + _services.options.heartbeat) {
        add(std::string(_format->heartbeat()), true);
    }
    if (!pump()) {
        end(BatchEnd::left);
    } else if (_doneAdded && _groups.empty()) {
        end(BatchEnd::completed);
    } else {
        park();
    }
    renew();
}

/// Writes what is known before the store is asked again, and then has the rest fetched.
void BatchStream::begin() {
    _begun = true;
    if (_open.empty() || !pump()) {
        return;  // a failed write shows again in the caller
    }
    std::vector<Wanted> wanted;
    wanted.reserve(_open.size());
    for (const Open& open : _open) {
        wanted.push_back({open.id, open.stale ? RtId::parse(open.stale->rtId) : std::nullopt});
    }
    _services.fetcher.want(shared_from_this(), Priority::people, wanted);
}

void BatchStream::settle(const ImdbId& id, const FlightResult& result) {
    const auto place = std::ranges::find(_open, id, &Open::id);
    if (place == _open.end()) {
        return;  // given up meanwhile
    }
    const Open open = std::move(*place);
    _open.erase(place);
    if (const auto* fetched = std::get_if<Fetched>(&result)) {
        ++_counts.fetched;
        metrics().outcomes.count(OutcomeName::fetched);
        addMovie({id, MovieStatus::fetched, fetched->facts, fetched->cachedAt, fetched->expiresAt,
                  _services.store.time()},
                 true);
    } else if (const auto* failed = std::get_if<FetchFailed>(&result)) {
        settleFailed(open, "scrape_failed", failed->message, failed->retryAfter);
    } else {
        settleFailed(open, "not_found", "Wikidata knows no Rotten Tomatoes page for this id.", std::nullopt);
    }
}

void BatchStream::settleFailed(const Open& open, std::string_view error, std::string_view message,
                               std::optional<std::chrono::seconds> retryAfter) {
    if (open.stale) {
        metrics().outcomes.count(OutcomeName::stale);
        addStale(*open.stale);
    } else {
        ++(error == "not_found" ? _served.notFound : _served.failed);
        addError({open.id.text(), error, message,
                  retryAfter ? std::optional<long>(retryAfter->count()) : std::nullopt});
    }
}

/// The deadline has come: nothing more is waited for.
void BatchStream::giveUp() {
    leaveFlights();
    for (const Open& open : std::exchange(_open, {})) {
        settleFailed(open, "timeout", "The movie was not fetched in time; ask again.", std::nullopt);
    }
}

/// Has old rows that were answered fetched for whoever asks next. Last in the first step: nobody waits for
/// it, nor is anybody to wait for the look-ups that it takes.
void BatchStream::renew() noexcept {
    try {
        if (!_renewals.empty()) {
            _services.fetcher.renew(std::exchange(_renewals, {}));
        }
    } catch (const std::exception& error) {  // the next who asks has them renewed
        logFailure(logger(), Poco::Message::PRIO_WARNING, "rows are not renewed", error);
    }
}

void BatchStream::addStale(const CachedMovie& row) {
    ++_counts.cached;
    ++_counts.stale;
    addMovie({row.imdbId, MovieStatus::stale, row.facts, row.cachedAt, row.expiresAt, _services.store.time()},
             false);
}

void BatchStream::addMovie(const MovieOutcome& movie, bool startGroup) {
    std::string text = _format->movie(movie);
    _outcomeAdded |= !text.empty();
    add(std::move(text), startGroup);
}

void BatchStream::addError(const ErrorOutcome& error) {
    ++_counts.errors;
    metrics().outcomes.count(error.error == "not_found"    ? OutcomeName::notFound
                             : error.error == "timeout"    ? OutcomeName::timeout
                             : error.error == "invalid_id" ? OutcomeName::invalidId
                             : error.error == "not_cached" ? OutcomeName::notCached
                                                           : OutcomeName::scrapeFailed);
    std::string text = _format->error(error);
    _outcomeAdded |= !text.empty();
    add(std::move(text), false);
}

void BatchStream::add(std::string text, bool startGroup) {
    if (text.empty()) {
        return;
    }
    if (startGroup || _groups.empty() || _groups.back().size() + text.size() > kMaxGroup) {
        _groups.push_back(std::move(text));
    } else {
        _groups.back() += text;
    }
}

/// Writes the groups, as far as the web server reads them. False when it has gone.
bool BatchStream::pump() {
    while (!_groups.empty()) {
        if (_unread && !waitUntilRead()) {
            return true;
        }
        _finished = _doneAdded && _groups.size() == 1;
        Exchange& exchange = _call->exchange();
        if (!(_finished ? exchange.finish(_groups.front()) : exchange.write(_groups.front()))) {
            return false;
        }
        _groups.erase(_groups.begin());
        _unread = true;
        _written = Clock::now();
        if (_outcomeAdded && !_firstOutcome) {
            _firstOutcome = _written;
        }
    }
    return true;
}

/// True when the next group may be written: the last one was read, or has had its time. Waits but shortly.
bool BatchStream::waitUntilRead() {
    const auto patience = Clock::now() + kReadPatience;
    auto pause = kShortestPause;
    while (!_call->exchange().drained()) {
        const auto time = Clock::now();
        if (time >= _written + kParkedReadPatience) {
            break;
        }
        if (time >= patience) {
            return false;
        }
        std::this_thread::sleep_for(pause);
        pause *= 2;  // a busy machine is not made busier by looking
    }
    _unread = false;
    return true;
}

void BatchStream::park() {
    auto due = Clock::now() + kReadRetry;
    if (_groups.empty()) {
        due = _format->heartbeat().empty()
                  ? _deadline.when()
                  : std::min(_deadline.when(), _written + _services.options.heartbeat);
    }
    if (_ticket) {
        _services.monitor.rearm(*_ticket, due);
    } else {
        _ticket = _services.monitor.watch(_call->exchange().descriptor(), shared_from_this(), due);
    }
}

void BatchStream::end(BatchEnd how) {
    if (!_call) {
        return;
    }
    if (_ticket) {
        _services.monitor.forget(*_ticket);
    }
    leaveFlights();
    _served.cached = _counts.cached - _counts.stale;
    _served.stale = _counts.stale;
    _served.fetched = _counts.fetched;
    _services.demand.served(_served);
    if (how == BatchEnd::completed && !_finished) {
        _call->exchange().finish({});
    }
    try {
        report(how);
    } catch (const std::exception& error) {
        logFailure(logger(), Poco::Message::PRIO_ERROR, "a stream has ended", error);
    }
    metrics().openStreams.add(-1);
    _format.reset();
    _call.reset();
    _groups.clear();
    _open.clear();
}

/// Counts and logs how it ended.
void BatchStream::report(BatchEnd how) {
    static constexpr std::array<std::string_view, 3> kEnds{"completed", "left", "torn"};
    const auto ended = Clock::now();
    if (_call->endpoint() == EndpointName::batch) {
        metrics().batches.count(how);
        if (how == BatchEnd::completed) {
            metrics().done.observe(ended - _call->began());
        }
        if (_firstOutcome) {
            metrics().firstEvent.observe(*_firstOutcome - _call->began());
        }
    }
    logEvent(logger(), Poco::Message::PRIO_INFORMATION, "answered",
             {{"request", _requestId},
              {"key", _call->keyName()},
              {"format", _format->name()},
              {"status", _call->status()},
              {"result", kEnds.at(static_cast<std::size_t>(how))},
              {"total", _counts.total},
              {"cached", _counts.cached},
              {"stale", _counts.stale},
              {"fetched", _counts.fetched},
              {"errors", _counts.errors},
              {"first_ms", _firstOutcome ? millisBetween(_call->began(), *_firstOutcome) : -1},
              {"ms", millisBetween(_call->began(), ended)}});
}

/// One by one, which needs no memory: it is also done when there is none.
void BatchStream::leaveFlights() {
    for (const Open& open : _open) {
        _services.fetcher.leave(this, {&open.id, 1});
    }
    _services.fetcher.leave(this, {});  // flights that have landed may still stand in its lane
}

}  // namespace rtbatch
