#include "handler/batch_stream.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <thread>

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using Clock = Deadline::Clock;

constexpr std::size_t kMaxGroup = 3500;

/// Longest wait for the web server to have read a group: on the worker, then parked.
constexpr auto kReadPatience = 2ms;
constexpr auto kParkedReadPatience = 50ms;
constexpr auto kReadRetry = 2ms;

/// The head goes with the first group: nginx forwards nothing before the first byte of the body, so a comment
/// line is written at once.
constexpr std::string_view kHead =
    "Status: 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-cache\r\n"
    "X-Accel-Buffering: no\r\n"
    "\r\n"
    ":\n";

}  // namespace

BatchStream::BatchStream(StreamServices services, std::unique_ptr<Exchange> exchange,
                         const BatchRequest& request, std::vector<CachedMovie> rows, Deadline deadline)
    : _services(services), _exchange(std::move(exchange)), _deadline(deadline), _written(Clock::now()) {
    _counts.total = static_cast<int>(request.ids.size() + request.invalid.size());
    _groups.emplace_back(kHead);
    const Timestamp time = now();
    for (const ImdbId& id : request.ids) {
        const auto row = std::ranges::find(rows, id, &CachedMovie::imdbId);
        if (row == rows.end()) {
            _open.push_back({id, std::nullopt});
        } else if (row->staleAt(time)) {
            _open.push_back({id, std::move(*row)});
        } else {
            ++_counts.cached;
            add(movieEvent(id, MovieStatus::cached, row->facts, row->cachedAt), false);
        }
    }
    for (const std::string& text : request.invalid) {
        ++_counts.errors;
        add(errorEvent(text, "invalid_id", "An IMDb id is tt and 7 or 8 digits."), false);
    }
}

void BatchStream::start() {
    step();
}

void BatchStream::landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) {
    wake([&](Inbox& inbox) { inbox.landings.emplace_back(id, result); });
}

void BatchStream::departed() {
    wake([](Inbox& inbox) { inbox.leave = true; });
}

void BatchStream::due() {
    wake([](Inbox& inbox) { inbox.due = true; });
}

void BatchStream::torn() {
    departed();
}

void BatchStream::wake(const std::function<void(Inbox&)>& note) {
    bool idle = false;
    {
        const std::scoped_lock lock(_mutex);
        note(_inbox);
        idle = !std::exchange(_scheduled, true);
    }
    if (idle) {
        _services.workers.post([self = shared_from_this()] { self->step(); });
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
        Poco::Logger::get("rtbatch.stream").error("a stream is torn: %s", std::string(error.what()));
        end(false);
    }
    bool more = false;
    {
        const std::scoped_lock lock(_mutex);
        more = _scheduled = !_inbox.empty();
    }
    if (more) {
        _services.workers.post([self = shared_from_this()] { self->step(); });
    }
}

void BatchStream::process(const Inbox& inbox) {
    if (!_exchange) {
        return;  // it has ended; this came late
    }
    if (inbox.leave) {
        end(false);
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
        add(doneEvent(_counts), _counts.fetched > 0);
    }
    if (!_begun) {
        begin();
    } else if (_groups.empty() && Clock::now() >= _written + _services.options.heartbeat) {
        _groups.emplace_back(kHeartbeat);
    }
    if (!pump()) {
        end(false);
    } else if (_doneAdded && _groups.empty()) {
        end(true);
    } else {
        park();
    }
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
        add(movieEvent(id, MovieStatus::fetched, fetched->facts, fetched->cachedAt), true);
    } else if (const auto* failed = std::get_if<FetchFailed>(&result)) {
        settleFailed(open, "scrape_failed", failed->message, failed->retryAfter);
    } else {
        settleFailed(open, "not_found", "Wikidata knows no Rotten Tomatoes page for this id.", std::nullopt);
    }
}

void BatchStream::settleFailed(const Open& open, std::string_view error, std::string_view message,
                               std::optional<std::chrono::seconds> retryAfter) {
    if (open.stale) {
        ++_counts.cached;
        ++_counts.stale;
        add(movieEvent(open.id, MovieStatus::stale, open.stale->facts, open.stale->cachedAt), false);
    } else {
        ++_counts.errors;
        ++(error == "not_found" ? _served.notFound : _served.failed);
        add(errorEvent(open.id.text(), error, message,
                       retryAfter ? std::optional<long>(retryAfter->count()) : std::nullopt),
            false);
    }
}

/// The deadline has come: nothing more is waited for.
void BatchStream::giveUp() {
    _services.fetcher.leave(this, openIds());
    for (const Open& open : std::exchange(_open, {})) {
        settleFailed(open, "timeout", "The movie was not fetched in time; ask again.", std::nullopt);
    }
}

void BatchStream::add(std::string event, bool startGroup) {
    if (startGroup || _groups.empty() || _groups.back().size() + event.size() > kMaxGroup) {
        _groups.push_back(std::move(event));
    } else {
        _groups.back() += event;
    }
}

/// Writes the groups, as far as the web server reads them. False when it has gone.
bool BatchStream::pump() {
    while (!_groups.empty()) {
        if (_unread && !waitUntilRead()) {
            return true;
        }
        if (!_exchange->write(_groups.front())) {
            return false;
        }
        _groups.pop_front();
        _unread = true;
        _written = Clock::now();
    }
    return true;
}

/// True when the next group may be written: the last one was read, or has had its time. Waits but shortly.
bool BatchStream::waitUntilRead() {
    const auto patience = Clock::now() + kReadPatience;
    while (!_exchange->drained()) {
        const auto time = Clock::now();
        if (time >= _written + kParkedReadPatience) {
            break;
        }
        if (time >= patience) {
            return false;
        }
        std::this_thread::sleep_for(20us);
    }
    _unread = false;
    return true;
}

void BatchStream::park() {
    const auto due = _groups.empty() ? std::min(_deadline.when(), _written + _services.options.heartbeat)
                                     : Clock::now() + kReadRetry;
    if (_ticket) {
        _services.monitor.rearm(*_ticket, due);
    } else {
        _ticket = _services.monitor.watch(_exchange->descriptor(), shared_from_this(), due);
    }
}

void BatchStream::end(bool cleanly) {
    if (!_exchange) {
        return;
    }
    if (_ticket) {
        _services.monitor.forget(*_ticket);
    }
    _services.fetcher.leave(this, openIds());
    _served.cached = _counts.cached - _counts.stale;
    _served.stale = _counts.stale;
    _served.fetched = _counts.fetched;
    _services.demand.served(_served);
    if (cleanly) {
        _exchange->finish();
    }
    _exchange.reset();
    _groups.clear();
    _open.clear();
}

std::vector<ImdbId> BatchStream::openIds() const {
    std::vector<ImdbId> ids;
    ids.reserve(_open.size());
    for (const Open& open : _open) {
        ids.push_back(open.id);
    }
    return ids;
}

}  // namespace rtbatch
