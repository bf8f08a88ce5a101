#include "refresher/id_sync_pass.h"

#include <utility>
#include <vector>

#include "common/model/lifetime.h"
#include "common/store/ahead.h"
#include "refresher/page_size.h"

namespace rtbatch {

namespace {

constexpr auto kFilms = "m/";
constexpr auto kSeries = "tv/";

/// What a pass found at its start would expire too soon after its end.
constexpr std::chrono::days kOldest{30};

/// The first text after all that start with `m/`, and with `tv/`: a 0 follows a slash.
MappingPlace placeAfter(const std::string& after, std::size_t limit) {
    if (after.starts_with(kSeries)) {
        return {after, "tv0", limit};
    }
    return {after.empty() ? kFilms : after, "m0", limit};
}

}  // namespace

IdSyncPass::IdSyncPass(const IdSyncOptions& options, IdSyncTable& table) : _options(options), _table(table) {
    const auto last = table.read();
    const Timestamp time = table.time();
    _resumed = !options.restart && last && !last->finished() && last->startedAt + kOldest > time &&
               !isTooFarAhead(SharedTime::syncStartedAt, last->startedAt, time);
    if (last && last->finished()) {
        _expected = static_cast<std::uint64_t>(last->found);
    }
    _state = _resumed ? *last : IdSync{.startedAt = time};
}

IdSyncEnd IdSyncPass::run(const AskPage& ask, const std::function<void(const IdSync&)>& shown) {
    PageSize size(_options.timeout);
    _table.save(_state);
    while (!_state.finished()) {
        const MappingPlace place = placeAfter(_state.after, size.limit());
        AskedPage asked = ask(place);
        if (const auto* none = std::get_if<NoTurn>(&asked.result)) {
            return {none->stopped ? IdSyncEnd::Kind::stopped : IdSyncEnd::Kind::gaveUp, _state,
                    none->message};
        }
        ++_state.requests;
        const auto* page = std::get_if<MappingPage>(&asked.result);
        if (page != nullptr && page->values == 0 && place.after == kFilms) {
            asked.result = UpstreamFailure{UpstreamFailure::Kind::broken,
                                           "Wikidata says that it knows no films", std::nullopt};
        }
        if (const auto* failure = std::get_if<UpstreamFailure>(&asked.result)) {
            size.failed(failure->kind);
            if (size.hopeless()) {
                _table.save(_state);
                return {IdSyncEnd::Kind::gaveUp, _state, failure->message};
            }
            continue;
        }
        save(place, *page);
        size.succeeded(asked.took);
        shown(_state);
    }
    return {IdSyncEnd::Kind::finished, _state};
}

void IdSyncPass::save(const MappingPlace& place, const MappingPage& page) {
    const Timestamp time = _table.time();
    std::vector<KnownRtId> rows;
    rows.reserve(page.ids.size());
    for (const auto& [id, rtId] : page.ids) {
        rows.push_back({id, rtId, time, time + spreadLifetime(_options.rtIdTtl, id, time)});
    }
    _table.saveSynced(rows, _state.startedAt);
    _state.found += static_cast<std::int64_t>(rows.size());
    if (page.full(place)) {
        _state.after = page.last;
    } else if (place.after.starts_with(kFilms)) {
        _state.after = kSeries;
    } else {
        _state.after = page.last.empty() ? place.after : page.last;
        _state.endedAt = time;
    }
    _table.save(_state);
}

}  // namespace rtbatch
