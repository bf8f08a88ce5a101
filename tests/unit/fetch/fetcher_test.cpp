#include "common/fetch/fetcher.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/fetch/fetcher_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

using Fixture = FetcherFixture;

TEST_CASE_METHOD(Fixture, "misses are asked for in one query, two pages at a time, and stored") {
    start();
    upstreams.holdIds();
    const auto batch = want(1, 30);
    upstreams.holdPages();
    upstreams.letIdsGo();
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    upstreams.letPagesGo();
    REQUIRE(batch->waitFor(30));
    CHECK(upstreams.queries().size() == 1);
    CHECK(upstreams.queries().front().size() == 30);
    CHECK(upstreams.pages().size() == 30);
    CHECK(upstreams.mostOpenPages() == 2);
    CHECK(batch->of(7) == "fetched " + stored(7)->facts);
    CHECK_THAT(batch->of(7), Catch::Contains("Film 7"));
    CHECK(stored(7)->rtId == slug(7));
    CHECK(stored(7)->expiresAt - stored(7)->cachedAt ==
          lifetimeOf(options.lifetime, id(7), {}, stored(7)->cachedAt));
}

TEST_CASE_METHOD(Fixture, "what Wikidata said is remembered, present or absent") {
    start();
    REQUIRE(want(1, 1)->waitFor(1));
    const auto unknown = want(900, 900);
    REQUIRE(unknown->waitFor(1));
    CHECK(unknown->of(900) == "not found");
    CHECK(upstreams.queries().size() == 2);

    const auto again = want(900, 900);
    REQUIRE(again->waitFor(1));
    CHECK(again->of(900) == "not found");
    upstreams.setPage(slug(1), "Film 1, changed");
    store->saveMovie(CachedMovie{id(1), slug(1), "{}", now() - 2h, now() - 1h});
    REQUIRE(want(1, 1)->waitFor(1));
    CHECK(upstreams.queries().size() == 2);
    CHECK_THAT(stored(1)->facts, Catch::Contains("changed"));
}

TEST_CASE_METHOD(Fixture, "a movie that many wait for is fetched once, and lands at each") {
    start();
    upstreams.holdPages();
    std::vector<std::shared_ptr<Batch>> batches;
    for (int i = 0; i < 10; ++i) {
        batches.push_back(want(1, 5));
    }
    upstreams.letPagesGo();
    for (const auto& batch : batches) {
        REQUIRE(batch->waitFor(5));
        CHECK_THAT(batch->of(3), Catch::StartsWith("fetched"));
        CHECK(batch->count() == 5);
    }
    CHECK(upstreams.pages().size() == 5);
}

TEST_CASE_METHOD(Fixture, "a movie fetched between somebody's look-up and the flight is not fetched again") {
    start();
    REQUIRE(want(1, 1)->waitFor(1));
    const auto late = want(1, 1);
    REQUIRE(late->waitFor(1));
    CHECK_THAT(late->of(1), Catch::Contains("Film 1"));
    CHECK(upstreams.pages().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a batch of one does not wait for a batch of fifty") {
    start();
    upstreams.holdPages();
    const auto big = want(1, 50);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    const auto small = std::make_shared<Batch>();
    fetcher->want(small, Priority::people, {{id(100), RtId::parse(slug(100))}});
    upstreams.letPagesGo();
    REQUIRE(small->waitFor(1));
    REQUIRE(big->waitFor(50));
    const auto pages = upstreams.pages();
    CHECK(std::ranges::find(pages, slug(100)) - pages.begin() <= 12);
}

TEST_CASE_METHOD(Fixture,
                 "a batch of one is not held up either when its movie stands last in a batch of fifty") {
    start();
    upstreams.holdPages();
    const auto big = want(1, 50);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    const auto small = want(50, 50);
    upstreams.letPagesGo();
    REQUIRE(big->waitFor(50));
    REQUIRE(small->waitFor(1));
    const auto pages = upstreams.pages();
    // Third in turn; but these pages take no time, and the other worker may overtake while this one waits for
    // SQLite.
    CHECK(std::ranges::find(pages, slug(50)) - pages.begin() <= 12);
    CHECK(pages.size() == 50);
}

TEST_CASE_METHOD(Fixture,
                 "who leaves drops what nobody else waits for, but open requests are finished and stored") {
    start();
    upstreams.holdPages();
    const auto leaver = want(1, 20);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    const auto stayer = want(10, 10);
    leave(leaver, 1, 20);
    upstreams.letPagesGo();
    REQUIRE(stayer->waitFor(1));
    REQUIRE(eventually(kSoon, [&] { return stored(1) && stored(2); }));
    // Whatever was still queued would be asked for before this one.
    REQUIRE(want(60, 60)->waitFor(1));
    auto pages = upstreams.pages();
    std::ranges::sort(pages);
    CHECK(pages == std::vector{slug(1), slug(10), slug(2), slug(60)});
    CHECK(leaver->count() == 0);
}

TEST_CASE_METHOD(Fixture, "who leaves while Wikidata is asked has no page asked for") {
    start();
    upstreams.holdIds();
    const auto leaver = want(1, 20);
    REQUIRE(eventually(kSoon, [&] { return upstreams.queries().size() == 1; }));
    leave(leaver, 1, 20);
    upstreams.letIdsGo();
    REQUIRE(want(60, 60)->waitFor(1));
    CHECK(upstreams.pages() == std::vector{slug(60)});
    // The answer is remembered a moment after it has come.
    CHECK(eventually(kSoon, [&] {
        return store->findRtIds(std::vector{id(1), id(20)}).size() == 2;
    }));  // the answer was paid for
}

TEST_CASE_METHOD(Fixture, "a remembered id whose page is gone is asked again") {
    start();
    REQUIRE(want(1, 1)->waitFor(1));
    upstreams.failPage(slug(1), {Kind::gone, "404", std::nullopt});
    upstreams.setId(imdb(1), "m/film_1_renamed");
    upstreams.setPage("m/film_1_renamed", "Film 1, renamed");
    const auto batch = std::make_shared<Batch>();
    store->saveMovie(CachedMovie{id(1), slug(1), "{}", now() - 2h, now() - 1h});
    fetcher->want(batch, Priority::people, {{id(1), RtId::parse(slug(1))}});
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::Contains("renamed"));
    CHECK(stored(1)->rtId == "m/film_1_renamed");
}

TEST_CASE_METHOD(Fixture,
                 "a page that is gone under the id that Wikidata gives again is not asked for twice") {
    upstreams.failPage(slug(1), {Kind::gone, "404", std::nullopt});
    start();
    const auto batch = std::make_shared<Batch>();
    fetcher->want(batch, Priority::people, {{id(1), RtId::parse(slug(1))}});
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("failed"));
    CHECK(upstreams.pages().size() == 1);
    CHECK(upstreams.queries().size() == 1);
}

TEST_CASE_METHOD(Fixture, "one id that spoils every query fails alone, after few queries") {
    upstreams.poison(imdb(3), {Kind::broken, "500", std::nullopt});
    start();
    const auto batch = want(1, 30);
    REQUIRE(batch->waitFor(30));
    CHECK(batch->of(3) == "failed 500");
    for (int i = 1; i <= 30; ++i) {
        CHECK((i == 3 || batch->of(i).starts_with("fetched")));
    }
    CHECK(upstreams.queries().size() <= 12);
}

TEST_CASE_METHOD(Fixture, "one id whose answer is too large fails alone, and is left alone for a while") {
    upstreams.poison(imdb(3), {Kind::refused, "sent too much", std::nullopt});
    start();
    const auto batch = want(1, 30);
    REQUIRE(batch->waitFor(30));
    for (int i = 1; i <= 30; ++i) {
        CHECK((i == 3 ? batch->of(i) == "failed sent too much" : batch->of(i).starts_with("fetched")));
    }
    const auto queries = upstreams.queries().size();
    const auto again = want(3, 3);
    REQUIRE(again->waitFor(1));
    CHECK(again->of(3) == "failed sent too much");
    CHECK(upstreams.queries().size() == queries);
}

TEST_CASE_METHOD(Fixture, "a failing page costs its own movie only") {
    upstreams.failPage(slug(2), {Kind::broken, "Rotten Tomatoes answered 500", std::nullopt});
    upstreams.setPage(slug(3), "unreadable");
    start();
    const auto batch = want(1, 4);
    REQUIRE(batch->waitFor(4));
    CHECK(batch->of(2) == "failed Rotten Tomatoes answered 500");
    CHECK_THAT(batch->of(3), Catch::Contains("it has no title"));
    CHECK_THAT(batch->of(1), Catch::StartsWith("fetched"));
    CHECK_THAT(batch->of(4), Catch::StartsWith("fetched"));
    CHECK_FALSE(stored(3));
}

TEST_CASE_METHOD(Fixture, "a short Retry-After is waited out, and then work goes on") {
    upstreams.failPage(slug(1), {Kind::throttled, "429", 1s});
    start();
    const auto batch = want(1, 6);
    REQUIRE(batch->waitFor(6));
    CHECK(batch->of(1) == "failed 429");
    for (int i = 2; i <= 6; ++i) {
        CHECK_THAT(batch->of(i), Catch::StartsWith("fetched"));
    }
}

TEST_CASE_METHOD(Fixture, "a long Retry-After fails at once what waits, and says when to ask again") {
    upstreams.failPage(slug(1), {Kind::throttled, "429", 1h});
    upstreams.holdPages();
    start();
    const auto batch = want(1, 30);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    upstreams.letPageGo(slug(1));
    REQUIRE(batch->waitFor(1));
    upstreams.letPagesGo();
    REQUIRE(batch->waitFor(30));
    CHECK_THAT(batch->of(30), Catch::StartsWith("failed Rotten Tomatoes is left alone for another"));
    CHECK(upstreams.pages().size() == 2);
}

TEST_CASE_METHOD(Fixture, "more flights than may wait are refused, each by itself") {
    options.maxFlights = 10;
    upstreams.holdIds();
    start();
    const auto batch = want(1, 30);
    CHECK(batch->count() == 20);
    CHECK_THAT(batch->of(30), Catch::Contains("ask again later"));
    upstreams.letIdsGo();
    REQUIRE(batch->waitFor(30));
    CHECK_THAT(batch->of(10), Catch::StartsWith("fetched"));
}

TEST_CASE_METHOD(Fixture, "many batches of one key do not make another key's only movie wait for them") {
    upstreams.holdPages();
    start();
    std::vector<std::shared_ptr<Batch>> batches;
    for (int i = 0; i < 19; ++i) {
        batches.push_back(want(10 * i, 10 * i + 9, "1"));
    }
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    const auto single = want(195, 195, "2");
    // Its id is known before the next page is fetched.
    REQUIRE(eventually(kSoon, [&] {
        const ImdbId wanted = id(195);
        return !store->findRtIds({&wanted, 1}).empty();
    }));
    upstreams.letPagesGo();
    REQUIRE(single->waitFor(1));
    const auto pages = upstreams.pages();
    const auto place = std::ranges::find(pages, slug(195)) - pages.begin();
    CHECK(place < 2 + 3);  // after the two that were open, and at most two whose turn it was by then
    for (const auto& batch : batches) {
        CHECK(batch->waitFor(10));
    }
}

TEST_CASE_METHOD(Fixture, "a key has its share of the room for what waits, and others have theirs") {
    options.maxFlights = 40;
    upstreams.holdIds();
    start();
    const auto greedy = want(1, 30, "1");
    CHECK(greedy->count() == 20);
    CHECK_THAT(greedy->of(30), Catch::Contains("of this key"));
    const auto more = want(31, 40, "1");
    const auto other = want(41, 45, "2");
    CHECK(other->count() == 0);
    upstreams.letIdsGo();
    REQUIRE(other->waitFor(5));
    REQUIRE(greedy->waitFor(30));
    CHECK_THAT(other->of(41), Catch::StartsWith("fetched"));
    CHECK_THAT(greedy->of(1), Catch::StartsWith("fetched"));
}

TEST_CASE_METHOD(Fixture, "what is renewed is fetched and stored though nobody waits for it, once") {
    upstreams.holdPages();
    start();
    renew(1, 5);
    renew(1, 5);
    CHECK(queueLength(QueueName::renewals) <= 5);
    const auto leaver = want(3, 3);
    leave(leaver, 3, 3);
    upstreams.letPagesGo();
    REQUIRE(eventually(kSoon, [&] { return stored(1) && stored(2) && stored(3) && stored(4) && stored(5); }));
    CHECK(upstreams.pages().size() == 5);
    CHECK(leaver->count() == 0);
}

TEST_CASE_METHOD(Fixture, "who waits for a film that is renewed gets it, and not behind other renewals") {
    upstreams.holdPages();
    start();
    renew(1, 2);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    renew(10, 30);
    const auto batch = std::make_shared<Batch>();
    std::vector<Wanted> movies{{id(30), RtId::parse(slug(30))}};
    for (int i = 60; i < 67; ++i) {
        movies.push_back({id(i), RtId::parse(slug(i))});
    }
    fetcher->want(batch, Priority::people, movies);
    upstreams.letPagesGo();
    REQUIRE(batch->waitFor(8));
    REQUIRE(eventually(kSoon, [&] { return stored(29).has_value(); }));
    const auto pages = upstreams.pages();
    CHECK(pages.size() == 2 + 21 + 7);
    for (const Wanted& movie : movies) {
        // After the two that were open; the other worker may overtake while this one waits for SQLite.
        CHECK(std::ranges::find(pages, movie.rtId->text()) - pages.begin() < 2 + 8 + 4);
    }
}

TEST_CASE_METHOD(Fixture, "renewals take a quarter of the room at most, and leave the rest to who waits") {
    options.maxFlights = 40;
    upstreams.holdPages();
    start();
    renew(1, 10);
    renew(11, 20);
    CHECK(queueLength(QueueName::renewals) <= 10);
    const auto people = want(100, 129, "1");
    CHECK(people->count() <= 20);
    const auto others = want(130, 135, "2");
    CHECK(others->count() == 0);
    upstreams.letPagesGo();
    REQUIRE(others->waitFor(6));
    REQUIRE(eventually(kSoon, [&] { return stored(10).has_value(); }));
    CHECK_FALSE(stored(11));
    CHECK_THAT(others->of(130), Catch::StartsWith("fetched"));
}

TEST_CASE_METHOD(Fixture, "a row that somebody has edited is fetched as if it were not there") {
    start();
    REQUIRE(want(1, 1)->waitFor(1));
    auto row = *store->findStored(id(1));
    row.facts = R"({"title":"Film 1","criticScore":"a lot"})";
    store->saveMovie(row);
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("fetched {\"rtUrl\""));
    CHECK(upstreams.pages().size() == 2);
    CHECK(stored(1)->isSound());
}

TEST_CASE_METHOD(Fixture, "without the database nothing is asked, and when it is back work goes on") {
    start();
    std::filesystem::rename(dir.file("rtbatch.db"), dir.file("away.db"));
    fetching.reset();
    storeOptions.timeout = 200ms;
    fetching.emplace(storeOptions, upstreams);
    store = &fetching->store;
    start();
    const auto batch = want(1, 3);
    std::this_thread::sleep_for(600ms);  // that nothing is asked can only be waited for
    CHECK(upstreams.queries().empty());
    std::filesystem::rename(dir.file("away.db"), dir.file("rtbatch.db"));
    REQUIRE(batch->waitFor(3));
    CHECK_THAT(batch->of(2), Catch::Contains("Film 2"));
}

TEST_CASE_METHOD(Fixture, "stopping cancels what is open at the deadline, and nothing lands any more") {
    upstreams.holdPages();
    start();
    const auto batch = want(1, 10);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    fetcher->stop(Deadline::in(0ms));
    CHECK(batch->count() == 0);
    CHECK(upstreams.openPages() == 0);
    const auto late = want(20, 20);
    CHECK_THAT(late->of(20), Catch::Contains("stopping"));
}

TEST_CASE_METHOD(Fixture, "stopping lets open requests finish before the deadline") {
    upstreams.holdPages();
    start();
    const auto batch = want(1, 10);
    REQUIRE(eventually(kSoon, [&] { return upstreams.openPages() == 2; }));
    std::jthread stopper([&] { fetcher->stop(Deadline::in(kSoon)); });
    REQUIRE(eventually(kSoon, [&] { return want(100, 100)->of(100).find("stopping") != std::string::npos; }));
    upstreams.letPagesGo();
    stopper.join();
    CHECK(stored(1));
    CHECK(stored(2));
    CHECK(upstreams.pages().size() == 2);
}
