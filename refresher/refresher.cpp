#include "refresher/refresher.h"

#include <Poco/Logger.h>

#include <algorithm>
#include <utility>

#include "common/setup/setup.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;
using Clock = Deadline::Clock;

/// So many movies are on their way at once, so that one query of Wikidata serves many; refilled at half.
constexpr std::size_t kWindow = 50;

/// How often signals and clocks are looked at.
constexpr auto kLook = 50ms;

/// The run's row follows what it does within this time.
constexpr auto kNote = 1s;

/// A page source that counts what is asked of it.
class CountedPages : public PageSource {
public:
    CountedPages(std::unique_ptr<PageSource> source, std::atomic<std::int64_t>& count)
        : _source(std::move(source)), _count(count) {}
    std::variant<Page, UpstreamFailure> fetch(const RtId& id, Deadline deadline) override {
        ++_count;
        return _source->fetch(id, deadline);
    }
    void cancel() override { _source->cancel(); }

private:
    std::unique_ptr<PageSource> _source;
    std::atomic<std::int64_t>& _count;
};

FetcherOptions fetcherOptionsOfRun(const Config& config) {
    FetcherOptions options = fetcherOptions(config);
    options.wikidataWorkers = 1;
    options.pageWorkers = std::min(config.refresherRtSlots, config.rtMaxConcurrent);
    options.patience = 0ms;  // a shut upstream ends the run, and the next one comes soon
    return options;
}

}  // namespace

Refresher::Refresher(const Config& config, Store& store, Leases& leases, RunLock& lock, Hooks hooks)
    : _config(config),
      _store(store),
      _lock(lock),
      _hooks(std::move(hooks)),
      _reader(readerPath(config), readerLimits(config)),
      _gate(gateOptions(config), store, leases, _bell) {
    _fetcher.emplace(fetcherOptionsOfRun(config), FetcherParts{idSources(config),
                                                               [make = pageSources(config), this] {
                                                                   return std::make_unique<CountedPages>(
                                                                       make(), _pages);
                                                               },
                                                               _reader, store, leases, _gate, _bell});
}

Refresher::~Refresher() = default;

void Refresher::landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) {
    const std::scoped_lock lock(_mutex);
    _landings.emplace_back(id, result);
    _changed.notify_all();
}

RefreshRun Refresher::operator()(const Plan& plan, RunLimits limits) {
    _row = {.startedAt = plan.madeAt,
            .owner = Owner::self().text(),
            .due = static_cast<std::int64_t>(plan.due.size())};
    RefreshTable(_store).saveRun(_row);
    const End end = spend(plan, limits);
    finishOpen();
    _row.endedAt = _store.time();
    _row.endedBy = describe(end);
    _row.pages = _pages;
    RefreshTable(_store).saveRun(_row);
    return _row;
}

Refresher::End Refresher::spend(const Plan& plan, RunLimits limits) {
    for (;;) {
        takeLandings();
        if (_hooks.stopAsked()) {
            return End::stopped;
        }
        if (!_lock.keep()) {
            return End::lockLost;
        }
        if (limits.deadline.passed()) {
            return End::time;
        }
        // A page that is still open may show that pages can be read again.
        if ((_shut = _gate.shut(Upstream::rottenTomatoes)); !_shut || _shut->probing) {
            wantMore(plan, limits);
        }
        if (_open.empty()) {
            return _shut ? End::shut : _next < plan.due.size() ? End::budget : End::nothingLeft;
        }
        note();
        waitForLandings(kLook);
    }
}

/// Never more than the budget allows, were each of them to cost a page.
void Refresher::wantMore(const Plan& plan, const RunLimits& limits) {
    // While pages are not believed, one is tried.
    const std::size_t window = _gate.pagesSuspended() ? 1 : kWindow;
    if (_open.size() > window / 2) {
        return;
    }
    std::vector<Wanted> wanted;
    const auto left = static_cast<std::int64_t>(limits.pages) - _pages;
    while (_next < plan.due.size() && _open.size() < kWindow &&
           static_cast<std::int64_t>(_open.size()) < left) {
        const Ranked& ranked = plan.due[_next++];
        wanted.push_back(plan.wanted(ranked));
        _open.insert(ranked.candidate.id);
    }
    if (!wanted.empty()) {
        _fetcher->want(shared_from_this(), Priority::refresher, wanted);
    }
}

void Refresher::takeLandings() {
    std::vector<std::pair<ImdbId, std::shared_ptr<const FlightResult>>> landings;
    {
        const std::scoped_lock lock(_mutex);
        landings = std::exchange(_landings, {});
    }
    for (const auto& [id, result] : landings) {
        _open.erase(id);
        if (std::holds_alternative<Fetched>(*result)) {
            ++_row.renewed;
        } else if (std::holds_alternative<NotFound>(*result)) {
            ++_row.notFound;
        } else {
            ++_row.failed;
            if (_failures.size() < kNamedFailures) {
                _failures.emplace_back(id, std::get<FetchFailed>(*result).message);
            }
        }
    }
    _hooks.progressed(landings.size());
}

void Refresher::waitForLandings(std::chrono::milliseconds patience) {
    std::unique_lock lock(_mutex);
    _changed.wait_for(lock, patience, [this] { return !_landings.empty(); });
}

/// What waits is dropped; what is open at an upstream is finished and stored, for it is paid for.
void Refresher::finishOpen() {
    const auto open = _fetcher->keepOpenOnly(this);
    _open = {open.begin(), open.end()};
    const auto deadline = Deadline::in(_config.handlerStopTimeout);
    takeLandings();
    while (!_open.empty() && !deadline.passed()) {
        waitForLandings(kLook);
        takeLandings();
    }
    _fetcher->stop(Deadline::in(0ms));
}

/// Writes what was spent, for a run that is killed must not spend it twice.
void Refresher::note() {
    if (_row.pages == _pages || Clock::now() < _noted + kNote) {
        return;
    }
    _noted = Clock::now();
    _row.pages = _pages;
    try {
        RefreshTable(_store).saveRun(_row);
    } catch (const StoreError& error) {
        Poco::Logger::get("rtbatch.refresher")
            .warning("cannot note the run's progress: %s", std::string(error.what()));
    }
}

std::string Refresher::describe(End end) const {
    switch (end) {
        case End::nothingLeft:
            return "nothing left";
        case End::budget:
            return "budget";
        case End::time:
            return "time";
        case End::stopped:
            return "signal";
        case End::lockLost:
            return "lock lost";
        case End::shut:
            break;
    }
    return _shut->suspended ? "markup changed?" : "Rotten Tomatoes is left alone";
}

}  // namespace rtbatch
