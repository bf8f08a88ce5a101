#include "common/fetch/judgement.h"

#include <catch2/catch.hpp>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

const ImdbId kId = *ImdbId::parse("tt0113277");
const RtId kPage = *RtId::parse("m/heat");
constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1}};
const LifetimeRules kRules{};

MovieFacts heat() {
    return {.title = "Heat",
            .year = 1995,
            .criticScore = 83,
            .audienceScore = 94,
            .certified = true,
            .consensus = "Good."};
}

StoredMovie row(const MovieFacts& facts, int unchanged = 0) {
    return {{kId, "m/heat", renderFacts(kPage, facts), kNow - 200h, kNow - 32h}, unchanged};
}

Judgement judged(const std::optional<StoredMovie>& stored, const MovieFacts& fresh, Timestamp time = kNow) {
    return judge(stored, kId, kPage, fresh, kRules, time);
}

MovieFacts factsOf(const Judgement& judgement) {
    return parseFacts(judgement.row.facts).value();
}

}  // namespace

TEST_CASE("facts come back from their rendering as they were") {
    CHECK(parseFacts(renderFacts(kPage, heat())) == heat());
    const MovieFacts bare{.title = "X \" \\ \u00e9"};
    CHECK(parseFacts(renderFacts(kPage, bare)) == bare);
    CHECK(parseFacts("[]") == std::nullopt);
    CHECK(parseFacts("") == std::nullopt);
    CHECK(parseFacts(R"({"title":7e99999})") == std::nullopt);
}

TEST_CASE("a first page is stored as it is") {
    const auto judgement = judged(std::nullopt, heat());
    CHECK(judgement.outcome == ScrapeOutcome::read);
    CHECK(factsOf(judgement) == heat());
    CHECK(judgement.row.unchanged == 0);
    CHECK(judgement.row.cachedAt == kNow);
}

TEST_CASE("each scrape that finds the same scores is counted, and another score ends the count") {
    CHECK(judged(row(heat()), heat()).row.unchanged == 1);
    CHECK(judged(row(heat(), 4), heat()).row.unchanged == 5);
    auto changed = heat();
    changed.audienceScore = 93;
    CHECK(judged(row(heat(), 4), changed).row.unchanged == 0);
}

TEST_CASE("an old film that does not change lives twice as long from the second time on") {
    const auto lifetime = [](int unchanged) {
        const auto judgement = judged(row(heat(), unchanged - 1), heat());
        return judgement.row.expiresAt - kNow;
    };
    CHECK(lifetime(1) <= 168h * 11 / 10);
    CHECK(lifetime(2) >= 336h * 9 / 10);
}

TEST_CASE("a fact that the row has and the page lacks stays, and makes the row suspect for a day") {
    auto fresh = heat();
    std::string lost;
    SECTION("the critics' score, with its rating") {
        fresh.criticScore = std::nullopt;
        fresh.certified = false;
        lost = "critics' score";
    }
    SECTION("the audience score") {
        fresh.audienceScore = std::nullopt;
        lost = "audience score";
    }
    SECTION("the consensus") {
        fresh.consensus = std::nullopt;
        lost = "consensus";
    }
    SECTION("all of it and the year") {
        fresh = {.title = "Heat"};
        lost = "critics' score, audience score, consensus, year";
    }
    const auto judgement = judged(row(heat(), 3), fresh);
    CHECK(judgement.outcome == ScrapeOutcome::lost);
    CHECK(judgement.detail == lost);
    CHECK(factsOf(judgement) == heat());
    CHECK(judgement.row.suspectAt == kNow);
    CHECK(judgement.row.unchanged == 3);
    CHECK(judgement.row.expiresAt - kNow >= 24h);
    CHECK(judgement.row.expiresAt - kNow <= 27h);
}

TEST_CASE("what the page does say replaces the row's, beside a gap") {
    auto fresh = heat();
    fresh.audienceScore = 90;
    fresh.consensus = std::nullopt;
    const auto judgement = judged(row(heat()), fresh);
    CHECK(factsOf(judgement).audienceScore == 90);
    CHECK(factsOf(judgement).consensus == "Good.");
}

TEST_CASE("a gap is believed when it is still there after a day, and not before") {
    auto fresh = heat();
    fresh.consensus = std::nullopt;
    StoredMovie suspect = row(heat());
    suspect.suspectAt = kNow;
    const auto early = judged(suspect, fresh, kNow + 3h);
    CHECK(early.outcome == ScrapeOutcome::lost);
    CHECK(early.row.suspectAt == kNow);
    const auto late = judged(suspect, fresh, kNow + 24h);
    CHECK(late.outcome == ScrapeOutcome::read);
    CHECK(factsOf(late) == fresh);
    CHECK_FALSE(late.row.suspectAt);
}

TEST_CASE("a fact that is there again clears the suspicion") {
    StoredMovie suspect = row(heat());
    suspect.suspectAt = kNow - 3h;
    const auto judgement = judged(suspect, heat());
    CHECK(judgement.outcome == ScrapeOutcome::read);
    CHECK_FALSE(judgement.row.suspectAt);
}

TEST_CASE("a page whose title and year both differ is another film's") {
    auto other = heat();
    other.title = "Heat 2";
    CHECK(judged(row(heat()), other).outcome == ScrapeOutcome::read);
    other.year = 2027;
    const auto judgement = judged(row(heat()), other);
    CHECK(judgement.outcome == ScrapeOutcome::other);
    CHECK(judgement.detail == "it is the page of Heat 2 (2027), not of Heat (1995)");
    other.title = "HEAT!";
    other.year = 1996;
    CHECK(judged(row(heat()), other).outcome == ScrapeOutcome::read);
}

TEST_CASE("a page of the same title and a far year is a remake's, unless both name the same release") {
    auto remake = heat();
    remake.year = 2027;
    remake.released = std::chrono::sys_days{std::chrono::year(2027) / 3 / 1};
    CHECK(judged(row(heat()), remake).outcome == ScrapeOutcome::other);
    // The year of a re-release, which was taken for the film's and is put right.
    StoredMovie wrong = row(remake);
    wrong.released = remake.released;
    auto right = heat();
    right.released = remake.released;
    CHECK(judged(wrong, right).outcome == ScrapeOutcome::read);
}

TEST_CASE("a page at another address is believed only where it differs in neither title nor year") {
    const auto judgedThere = [](const MovieFacts& fresh) {
        return judge(row(heat()), kId, kPage, fresh, kRules, kNow, Address::another).outcome;
    };
    auto fresh = heat();
    fresh.title = "HEAT!";
    CHECK(judgedThere(fresh) == ScrapeOutcome::read);
    fresh.year = 1996;
    CHECK(judgedThere(fresh) == ScrapeOutcome::other);
    fresh.year.reset();
    CHECK(judgedThere(fresh) == ScrapeOutcome::lost);
    fresh.title = "Heat 2";
    CHECK(judgedThere(fresh) == ScrapeOutcome::other);
}

TEST_CASE("a release date that is known is kept when the next page names none") {
    auto fresh = heat();
    fresh.released = std::chrono::sys_days{std::chrono::year(1995) / 12 / 15};
    StoredMovie first = judged(std::nullopt, fresh).row;
    CHECK(first.released == fresh.released);
    CHECK(judged(first, heat()).row.released == fresh.released);
}

TEST_CASE("a row whose facts cannot be read has nothing to lose") {
    StoredMovie broken = row(heat());
    broken.facts = "{";
    CHECK(judged(broken, {.title = "Another", .year = 2001}).outcome == ScrapeOutcome::read);
}
