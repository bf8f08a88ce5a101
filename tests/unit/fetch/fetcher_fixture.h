#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/fetch/fetcher.h"
#include "common/store/migrate.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fake_upstreams.h"
#include "tests/unit/fetch/fetching.h"

namespace rtbatch::test {

constexpr std::chrono::seconds kSoon{20};  // only a broken fetcher takes so long

inline std::string imdb(int number) {
    return "tt" + std::to_string(1000000 + number);
}
inline std::string slug(int number) {
    return "m/film_" + std::to_string(number);
}
inline ImdbId id(int number) {
    return *ImdbId::parse(imdb(number));
}

/// Remembers what landed: "fetched Film 7", "not found", or "failed WHY".
class Batch : public FlightListener {
public:
    explicit Batch(std::string account = "") : _account(std::move(account)) {}
    std::string_view account() const override { return _account; }
    void landed(const ImdbId& id, const std::shared_ptr<const FlightResult>& result) override {
        const std::scoped_lock lock(_mutex);
        std::string text = "not found";
        if (const auto* fetched = std::get_if<Fetched>(result.get())) {
            text = "fetched " + fetched->facts;
        } else if (const auto* failed = std::get_if<FetchFailed>(result.get())) {
            text = "failed " + failed->message;
        }
        _landed.emplace_back(id.string(), text);
    }
    std::size_t count() const {
        const std::scoped_lock lock(_mutex);
        return _landed.size();
    }
    std::string of(int number) const {
        const std::scoped_lock lock(_mutex);
        std::string all;
        for (const auto& [landedId, text] : _landed) {
            all += landedId == imdb(number) ? text : "";
        }
        return all;
    }
    bool waitFor(std::size_t landings) const {
        return eventually(kSoon, [&] { return count() >= landings; });
    }

private:
    const std::string _account;
    mutable std::mutex _mutex;
    std::vector<std::pair<std::string, std::string>> _landed;
};

/// A fetcher on SQLite with fake upstreams, which know 200 films: imdb(7) is slug(7), "Film 7".
struct FetcherFixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;
    std::optional<Fetching> fetching;
    FetcherOptions options;
    Store* store = nullptr;
    Fetcher* fetcher = nullptr;

    FetcherFixture() {
        migrate(storeOptions);
        fetching.emplace(storeOptions, upstreams);
        store = &fetching->store;
        for (int i = 0; i < 200; ++i) {
            upstreams.setId(imdb(i), slug(i));
            upstreams.setPage(slug(i), "Film " + std::to_string(i));
        }
    }
    void start() {
        fetching->options = options;
        fetching->start();
        fetcher = &*fetching->fetcher;
    }
    std::shared_ptr<Batch> want(int from, int to, const std::string& account = "") {
        auto batch = std::make_shared<Batch>(account);
        want(batch, from, to);
        return batch;
    }
    void want(const std::shared_ptr<Batch>& batch, int from, int to) {
        std::vector<Wanted> movies;
        for (int i = from; i <= to; ++i) {
            movies.push_back({id(i)});
        }
        fetcher->want(batch, Priority::people, movies);
    }
    void renew(int from, int to) {
        std::vector<Wanted> movies;
        for (int i = from; i <= to; ++i) {
            movies.push_back({id(i), RtId::parse(slug(i))});
        }
        fetcher->renew(movies);
    }
    void leave(const std::shared_ptr<Batch>& batch, int from, int to) {
        std::vector<ImdbId> ids;
        for (int i = from; i <= to; ++i) {
            ids.push_back(id(i));
        }
        fetcher->leave(batch.get(), ids);
    }
    std::optional<CachedMovie> stored(int number) {
        const ImdbId wanted = id(number);
        auto rows = store->findMovies({&wanted, 1});
        return rows.empty() ? std::nullopt : std::optional(rows.front());
    }
};

}  // namespace rtbatch::test
