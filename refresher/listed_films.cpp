#include "refresher/listed_films.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "common/cli/exit_code.h"
#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/model/lifetime.h"
#include "common/page/reader_process.h"
#include "common/setup/setup.h"
#include "common/upstream/list_page_client.h"
#include "common/upstream/wikidata_mapping.h"

namespace rtbatch {

namespace {

using namespace std::chrono_literals;

/// How long a person waits for a turn who has typed this command.
constexpr std::chrono::milliseconds kPatience = 2min;
constexpr std::size_t kIdsAQuery = 50;

/// A season's series: of `tv/the_pitt/s02` it is `tv/the_pitt`.
RtId withoutSeason(const RtId& id) {
    const std::size_t slash = id.text().find('/', id.text().find('/') + 1);
    return RtId::parse(id.text().substr(0, slash)).value_or(id);
}

std::vector<RtId> distinctTitles(const std::vector<RtId>& links) {
    std::vector<RtId> titles;
    std::set<RtId> known;
    for (const RtId& link : links) {
        const RtId title = withoutSeason(link);
        if (known.insert(title).second) {
            titles.push_back(title);
        }
    }
    return titles;
}

/// Fetches, reads and looks up; one at a time.
class Listing {
public:
    Listing(const Config& config, Store& store, const GoOn& goOn, WaitNotice& notice)
        : _config(config),
          _store(store),
          _goOn(goOn),
          _notice(notice),
          _leases(store),
          _gate(gateOptions(config), store, _leases, _bell) {}

    std::variant<std::string, UpstreamFailure, NoTurn> fetch(const ListAddress& address) {
        const std::string& base = address.editorial ? _config.rtEditorialUrl : _config.rtUrl;
        _config.check();
        _config.checkAsked(address.editorial ? "rt.editorial_url" : "rt.url", base);
        ListPageClient client(httpOptions(_config, base));
        return askInTurn<std::string>(
            _gate, question(Upstream::rottenTomatoes, _config.rtTimeout), _goOn,
            [&](Deadline deadline) { return client.fetch(address.path, deadline); });
    }

    std::vector<RtId> titlesOn(const std::string& html) const {
        ReaderProcess reader(readerPath(_config), readerLimits(_config));
        const Links links = reader.links(html, Deadline::in(_config.readerTimeout));
        if (const auto* unreadable = std::get_if<Unreadable>(&links)) {
            throw DataError("the page cannot be read: " + unreadable->reason);
        }
        auto titles = distinctTitles(std::get<std::vector<RtId>>(links));
        if (titles.empty()) {
            throw DataError(
                "the page lists no films: give the URL of a browse page or of an article with a list");
        }
        return titles;
    }

    std::variant<MoviesOfRtIds, UpstreamFailure, NoTurn> moviesOf(std::span<const RtId> titles) {
        auto asked =
            askInTurn<MoviesOfRtIds>(_gate, question(Upstream::wikidata, _config.wikidataTimeout), _goOn,
                                     [&](Deadline deadline) { return _wikidata.moviesOf(titles, deadline); });
        if (const auto* movies = std::get_if<MoviesOfRtIds>(&asked)) {
            remember(*movies);
        }
        return asked;
    }

private:
    Question question(Upstream upstream, std::chrono::milliseconds timeout) {
        return {.upstream = upstream,
                .timeout = timeout,
                .patience = kPatience,
                .onWait = [this, upstream](auto left) { _notice.waits(siteName(upstream), left); }};
    }

    void remember(const MoviesOfRtIds& movies) {
        const Timestamp time = _store.time();
        std::map<ImdbId, KnownRtId> known;
        for (const auto& [title, ids] : movies) {
            for (const auto& [id, rtId] : ids) {
                known.insert_or_assign(
                    id, KnownRtId{id, rtId, time, time + spreadLifetime(_config.rtIdTtl, id, time)});
            }
        }
        std::vector<KnownRtId> rows;
        rows.reserve(known.size());
        for (auto& [id, row] : known) {
            rows.push_back(std::move(row));
        }
        _store.saveRtIds(rows);
    }

    const Config& _config;
    Store& _store;
    const GoOn& _goOn;
    WaitNotice& _notice;
    Leases _leases;
    Bell _bell;
    Gate _gate;
    WikidataMapping _wikidata{httpOptions(_config, _config.wikidataUrl)};
};

/// The message of anything but an answer; throws DataError for a page that is not there.
template <typename Asked>
std::optional<NotNow> notNow(const Asked& asked) {
    if (const auto* failure = std::get_if<UpstreamFailure>(&asked)) {
        if (failure->kind == UpstreamFailure::Kind::gone) {
            throw DataError("there is no such page: " + failure->message);
        }
        return NotNow{failure->message};
    }
    if (const auto* none = std::get_if<NoTurn>(&asked)) {
        return NotNow{none->message};
    }
    return std::nullopt;
}

}  // namespace

std::variant<ListedFilms, NotNow> fetchListedFilms(const Config& config, Store& store,
                                                   const ListAddress& address, ProgressMode progress,
                                                   const GoOn& goOn, WaitNotice& notice) {
    Listing listing(config, store, goOn, notice);
    const auto page = listing.fetch(address);
    if (auto none = notNow(page)) {
        return *std::move(none);
    }
    const auto titles = listing.titlesOn(std::get<std::string>(page));
    ListedFilms films{.listed = titles.size()};
    std::set<ImdbId> known;
    Progress shown("films looked up", titles.size(), progress);
    for (std::size_t i = 0; i < titles.size(); i += kIdsAQuery) {
        const auto some = std::span(titles).subspan(i, std::min(kIdsAQuery, titles.size() - i));
        const auto asked = listing.moviesOf(some);
        if (auto none = notNow(asked)) {
            return *std::move(none);
        }
        const auto& movies = std::get<MoviesOfRtIds>(asked);
        for (const RtId& title : some) {
            const auto found = movies.find(title);
            if (found == movies.end()) {
                films.unknown.push_back(title);
                continue;
            }
            for (const auto& [id, rtId] : found->second) {
                if (known.insert(id).second) {
                    films.ids.push_back(id);
                }
            }
        }
        shown.advance(some.size());
    }
    return films;
}

}  // namespace rtbatch
