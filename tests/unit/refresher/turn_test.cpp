#include "refresher/turn.h"

#include <catch2/catch.hpp>
#include <string>

#include "common/lease/bell.h"
#include "common/lease/lease.h"
#include "common/store/migrate.h"
#include "tests/unit/store/test_database.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Answer = std::variant<std::string, UpstreamFailure>;

struct Fixture {
    Fixture() { gate.emplace(GateOptions{.wikidataSlots = 1}, store, leases, bell); }

    static StoreOptions prepared(const TestDatabase& database) {
        migrate(database.options());
        return database.options();
    }
    std::variant<std::string, UpstreamFailure, NoTurn> ask(const Answer& answer, bool heavy = false,
                                                           std::chrono::milliseconds patience = 60s) {
        return askInTurn<std::string>(
            *gate, {Upstream::wikidata, 20s, patience, heavy}, [](auto) { return true; },
            [&](Deadline) { return answer; });
    }
    int failures() const {
        return std::stoi(database.sql("SELECT failures FROM upstream_state WHERE upstream = 'wikidata'"));
    }

    TestDatabase database{Kind::sqlite};
    Store store{prepared(database)};
    Leases leases{store};
    Bell bell;
    std::optional<Gate> gate;
};

Answer failure(UpstreamFailure::Kind kind, std::optional<std::chrono::seconds> retryAfter = std::nullopt) {
    return UpstreamFailure{kind, "Wikidata failed", retryAfter};
}

}  // namespace

TEST_CASE("A question is asked in a slot, and its answer comes back") {
    Fixture fixture;
    CHECK(std::get<std::string>(fixture.ask("yes")) == "yes");
    CHECK(fixture.failures() == 0);
}

TEST_CASE("A failure counts for all who ask, but not the timeout of a question that asks for much") {
    Fixture fixture;
    CHECK(
        std::holds_alternative<UpstreamFailure>(fixture.ask(failure(UpstreamFailure::Kind::timeout), true)));
    CHECK(fixture.failures() == 0);
    CHECK(std::holds_alternative<UpstreamFailure>(fixture.ask(failure(UpstreamFailure::Kind::timeout))));
    CHECK(fixture.failures() == 1);
    CHECK(std::holds_alternative<UpstreamFailure>(fixture.ask(failure(UpstreamFailure::Kind::broken), true)));
    CHECK(fixture.failures() == 2);
}

TEST_CASE("A site that asks for a pause gets it, and is asked again afterwards") {
    Fixture fixture;
    fixture.ask(failure(UpstreamFailure::Kind::throttled, 1s));
    CHECK(std::get<std::string>(fixture.ask("again")) == "again");
}

TEST_CASE("A pause that is longer than the patience is not waited for") {
    Fixture fixture;
    fixture.ask(failure(UpstreamFailure::Kind::throttled, 600s));
    const auto none = fixture.ask("never", false, 30s);
    REQUIRE(std::holds_alternative<NoTurn>(none));
    CHECK_FALSE(std::get<NoTurn>(none).stopped);
    CHECK_THAT(std::get<NoTurn>(none).message, Contains("Wikidata wants to be left alone for another"));
}

TEST_CASE("Who is not to go on gets no turn, also in the middle of a wait") {
    Fixture fixture;
    Leases others(fixture.store, Owner::of(1));
    const auto other = others.acquire("slot.wikidata.1", 60s);
    REQUIRE(other);
    int asked = 0;
    const auto turn = waitForTurn(*fixture.gate, Upstream::wikidata, 60s, [&](auto) { return ++asked < 2; });
    REQUIRE(std::holds_alternative<NoTurn>(turn));
    CHECK(std::get<NoTurn>(turn).stopped);
}
