// What the fetcher does when the database answers late, or its answer is lost.
#include <Poco/Data/Session.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "common/store/migrate.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/fetch/fetching.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 20s;  // only a broken fetcher takes so long

const ImdbId kFilm = *ImdbId::parse("tt1000001");

class Batch : public FlightListener {
public:
    void landed(const ImdbId& /*id*/, const std::shared_ptr<const FlightResult>& result) override {
        _fetched = std::holds_alternative<Fetched>(*result);
        _landed = true;
    }
    bool waitUntilFetched() const {
        return eventually(kSoon, [this] { return _landed.load(); }) && _fetched;
    }

private:
    std::atomic<bool> _fetched = false;
    std::atomic<bool> _landed = false;
};

/// Counts in the database itself, for a claim may be gone before anybody has looked.
class ClaimCounter {
public:
    explicit ClaimCounter(const std::string& file) : _session("SQLite", file) {
        _session << "CREATE TABLE claimed (name TEXT)", Poco::Data::Keywords::now;
        _session << "CREATE TRIGGER count_claims AFTER INSERT ON lease WHEN NEW.name LIKE 'flight.page.%'"
                    " BEGIN INSERT INTO claimed VALUES (NEW.name); END",
            Poco::Data::Keywords::now;
    }
    int ofPages() const {
        int count = 0;
        _session << "SELECT COUNT(*) FROM claimed", Poco::Data::Keywords::into(count),
            Poco::Data::Keywords::now;
        return count;
    }

private:
    mutable Poco::Data::Session _session;
};

struct Fixture {
    TempDir dir;
    StoreOptions storeOptions{.url = "sqlite:" + dir.file("rtbatch.db")};
    FakeUpstreams upstreams;

    Fixture() {
        migrate(storeOptions);
        upstreams.setId(kFilm.string(), "m/film");
        upstreams.setPage("m/film", "Film");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a claim of our own whose answer was lost does not keep its film from being fetched") {
    Fetching fetching(storeOptions, upstreams);
    fetching.start();
    const std::string name = GENERATE("flight.id.", "flight.page.") + kFilm.string();
    {
        auto lost = fetching.leases.acquire(name, 1h);
        REQUIRE(lost);
        lost->abandon();  // the row is there, and nobody has been told
    }
    const auto batch = std::make_shared<Batch>();
    fetching.fetcher->want(batch, Priority::people, {{kFilm}});
    CHECK(batch->waitUntilFetched());
}

TEST_CASE_METHOD(Fixture,
                 "a slot that has not the time for a request any more asks nobody, and blames nobody") {
    Fetching fetching(storeOptions, upstreams);
    // The term of a slot is 5 s more than a request may take: a second here, of which a request needs ten.
    Gate gate({.pageTimeout = -4s}, fetching.store, fetching.leases, fetching.bell);
    TitleReader reader;
    Fetcher fetcher({.pageTimeout = 20s},
                    {[&] { return upstreams.makeIdSource(); }, [&] { return upstreams.makePageSource(); },
                     reader, fetching.store, fetching.leases, gate, fetching.bell});
    const auto batch = std::make_shared<Batch>();
    const ClaimCounter claims(dir.file("rtbatch.db"));
    fetcher.want(batch, Priority::people, {{kFilm}});
    // Until it has been tried, put back, and tried again.
    CHECK(eventually(kSoon, [&] { return claims.ofPages() >= 2 || !upstreams.pages().empty(); }));
    CHECK(upstreams.pages().empty());
    CHECK_FALSE(gate.shut(Upstream::rottenTomatoes));
    fetcher.leave(batch.get(), {&kFilm, 1});
}
