// Whose page it is that came: only this movie's own is stored and shown.
#include <catch2/catch.hpp>

#include "tests/unit/fetch/fetcher_fixture.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;
using Kind = UpstreamFailure::Kind;

namespace {

/// Film 1 with an expired row that says so: "Film 1", 1990, at slug(1).
struct RowFixture : FetcherFixture {
    const std::string oldFacts = renderFacts(*RtId::parse(slug(1)), {.title = "Film 1", .year = 1990});

    RowFixture() {
        store->saveMovie(CachedMovie{id(1), slug(1), oldFacts, now() - 2h, now() - 1h});
        start();
    }
    /// Fetches film 1, whose remembered page is that of its row.
    std::string fetch() {
        const auto batch = std::make_shared<Batch>();
        fetcher->want(batch, Priority::people, {{id(1), RtId::parse(slug(1))}});
        REQUIRE(batch->waitFor(1));
        return batch->of(1);
    }
};

}  // namespace

TEST_CASE_METHOD(RowFixture, "a page that says it is the page of another IMDb id is not stored") {
    upstreams.setPage(slug(1), "Film 1;year=1990;critics=7;page=" + slug(2));
    CHECK_THAT(fetch(), Catch::Contains("another film's"));
    CHECK(stored(1)->facts == oldFacts);
    CHECK(upstreams.queries().size() == 1);  // Wikidata is asked again, once
    CHECK(upstreams.pages().size() == 1);
}

TEST_CASE_METHOD(RowFixture,
                 "what Wikidata says of the page's owner is remembered elsewhere, and not asked") {
    upstreams.setPage(slug(1), "Film 1;year=1990;critics=7;page=m/known");
    store->saveRtIds(std::vector{KnownRtId{id(5), RtId::parse("m/known"), now(), now() + 1h}});
    CHECK_THAT(fetch(), Catch::Contains("another film's"));
    CHECK(upstreams.owners().empty());
}

TEST_CASE_METHOD(RowFixture, "a page at another address that contradicts the row is not stored") {
    const auto* const contradiction =
        GENERATE("Film 1;year=2021", "Film 1 Again;year=1990", "Film 2;year=2021");
    upstreams.setPage(slug(1), std::string(contradiction) + ";page=m/film_1_2021");
    CHECK_THAT(fetch(), Catch::Contains("another film's"));
    CHECK(stored(1)->facts == oldFacts);
    CHECK(upstreams.owners().empty());  // nothing is to be asked
}

TEST_CASE_METHOD(RowFixture,
                 "another address that is nobody's, of a page that agrees with the row, is an alias") {
    upstreams.setPage(slug(1), "Film 1;year=1990;critics=7;page=m/film_one");
    CHECK_THAT(fetch(), Catch::StartsWith("fetched"));
    CHECK(stored(1)->rtId == "m/film_one");
    CHECK(upstreams.owners() == std::vector<std::string>{"m/film_one"});
    const auto known = store->findRtIds(std::vector{id(1)});
    REQUIRE(known.size() == 1);
    CHECK(known[0].rtId == RtId::parse("m/film_one"));  // the next fetch goes there
}

TEST_CASE_METHOD(RowFixture, "an address that differs in the case of letters is the one asked for") {
    upstreams.setPage(slug(1), "Film 1;year=1990;critics=7;page=m/FILM_1");
    CHECK_THAT(fetch(), Catch::StartsWith("fetched"));
    CHECK(upstreams.owners().empty());
}

TEST_CASE_METHOD(RowFixture, "while Wikidata cannot say whose page it is, the row stays") {
    upstreams.setPage(slug(1), "Film 1;year=1990;critics=7;page=m/film_one");
    upstreams.poisonPage("m/film_one", {Kind::broken, "500", std::nullopt});
    CHECK_THAT(fetch(), Catch::StartsWith("failed Wikidata cannot be asked whose page"));
    CHECK(stored(1)->facts == oldFacts);
}

TEST_CASE_METHOD(RowFixture,
                 "a film whose page became another's is found under the id that Wikidata has now") {
    upstreams.setPage(slug(1), "Film 2;year=2021;critics=7;page=" + slug(1));
    upstreams.setId(imdb(1), "m/film_1_1990");
    upstreams.setPage("m/film_1_1990", "Film 1;year=1990;critics=70;page=m/film_1_1990");
    CHECK_THAT(fetch(), Catch::StartsWith("fetched"));
    CHECK(stored(1)->rtId == "m/film_1_1990");
}

TEST_CASE_METHOD(FetcherFixture, "another film's page is not stored at a first fetch either") {
    upstreams.setPage(slug(1), "Film 2;year=2021;critics=7;page=" + slug(2));
    start();
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::Contains("another film's"));
    CHECK_FALSE(stored(1));
    CHECK(upstreams.queries().size() == 1);  // it has just been asked
}

TEST_CASE_METHOD(FetcherFixture, "an address that belongs to this movie too is its own") {
    upstreams.setIds(imdb(1), {slug(1), "m/film_one"});
    upstreams.setPage(slug(1), "Film 1;page=m/film_one");
    start();
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("fetched"));
    CHECK(stored(1)->rtId == "m/film_one");
}

TEST_CASE_METHOD(FetcherFixture,
                 "of several ids the next one is tried, and the one that reads is remembered") {
    upstreams.setIds(imdb(1), {"m/a_dead", "m/b_unreadable", "m/c_anothers", slug(1)});
    upstreams.setPage("m/b_unreadable", "unreadable");
    upstreams.setPage("m/c_anothers", "Film 2;page=" + slug(2));
    start();
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("fetched"));
    CHECK(upstreams.pages() ==
          std::vector<std::string>{"m/a_dead", "m/b_unreadable", "m/c_anothers", slug(1)});
    CHECK(upstreams.queries().size() == 1);

    store->saveMovie(CachedMovie{id(1), slug(1), "{}", now() - 2h, now() - 1h});
    REQUIRE(want(1, 1)->waitFor(1));
    CHECK(upstreams.pages().size() == 5);
    CHECK(upstreams.pages().back() == slug(1));
    CHECK(upstreams.queries().size() == 1);
}

TEST_CASE_METHOD(FetcherFixture, "a film all of whose ids are dead fails as the last of them did") {
    upstreams.setIds(imdb(1), {"m/a_dead", "m/b_dead"});
    start();
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("failed") && Catch::Contains("404"));
    CHECK(upstreams.pages().size() == 2);
    CHECK(upstreams.queries().size() == 1);
}

TEST_CASE_METHOD(FetcherFixture,
                 "a value of Wikidata that is no film's page is said, and not taken for none") {
    upstreams.setIds(imdb(1), {}, "celebrity/some_body");
    start();
    const auto batch = want(1, 1);
    REQUIRE(batch->waitFor(1));
    CHECK_THAT(batch->of(1), Catch::StartsWith("failed") && Catch::Contains("\"celebrity/some_body\""));
    const auto again = want(1, 1);
    REQUIRE(again->waitFor(1));
    CHECK_THAT(again->of(1), Catch::Contains("\"celebrity/some_body\""));
    CHECK(upstreams.queries().size() == 1);  // left alone for a while
}
