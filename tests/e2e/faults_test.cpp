// Each way in which an upstream can fail: it costs the one movie that it hits, and nothing else.
#include <catch2/catch.hpp>

#include "tests/e2e/batch_view.h"
#include "tests/support/eventually.h"
#include "tests/support/process_info.h"
#include "tests/support/stack.h"

using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

/// Each of the 5 and 4 workers may keep a connection to its upstream, and the store 6 to the database; which
/// have one varies.
constexpr std::size_t kKeptConnections = 15;

const std::map<std::string, std::string> kShortDeadlines = {
    {"rt.timeout_s", "1"}, {"wikidata.timeout_s", "1"}, {"reader.timeout_s", "2"}, {"batch.timeout_s", "10"}};

void checkNothingLeft(Stack& stack, std::size_t descriptorsBefore) {
    CHECK(eventually(3s, [&] { return childrenOf(stack.handler().pid()).empty(); }));
    CHECK(eventually(
        3s, [&] { return openDescriptors(stack.handler().pid()) <= descriptorsBefore + kKeptConnections; }));
}

}  // namespace

TEST_CASE("each fault of a page is one error among three movies", "[faults]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = kShortDeadlines});
    stack.warm(madeUpMovies(5000, 2));
    const pid_t handler = stack.handler().pid();
    const std::size_t descriptors = openDescriptors(handler);
    int first = 1;
    for (const std::string& fault : UpstreamControl::pageFaults()) {
        INFO(fault << " on " << database);
        const std::vector<std::string> ids = madeUpMovies(first, 4);
        first += 10;
        stack.upstreams().clearFaults();
        stack.upstreams().setFault(ids[1], fault, 1s);  // 429 and 503 ask for a second of peace, and get it

        HttpClient client(stack.http(), batchOf(ids));
        checkWhole(client.readToEnd(), ids);
        INFO(client.response().body());
        CHECK(client.response().count("movie") == 3);
        CHECK(verdictOf(client.response(), ids[1]) == "error scrape_failed");
        CHECK(*client.response().endAt() - client.sentAt() < 6s);

        // The movie is not harmed for good.
        stack.upstreams().clearFaults();
        stack.forgetFailures();
        CHECK(eventually(5s, [&] {
            return verdictOf(ask(stack.http(), batchOf(std::vector<std::string>{ids[1]})), ids[1]) !=
                   "error scrape_failed";
        }));
    }
    CHECK(stack.handler().running());
    CHECK(stack.handler().pid() == handler);
    checkNothingLeft(stack, descriptors);
}

TEST_CASE("each fault of Wikidata is an error for the ids that needed it, and no harm to the others",
          "[faults]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database, .settings = kShortDeadlines});
    const std::vector<std::string> known = madeUpMovies(5000, 3);
    stack.warm(known);
    const std::size_t descriptors = openDescriptors(stack.handler().pid());
    int number = 1;
    for (const std::string& fault : UpstreamControl::wikidataFaults()) {
        INFO(fault << " on " << database);
        stack.sql("DELETE FROM rt_cache");  // the three are misses again, whose ids are known
        std::vector<std::string> ids = known;
        ids.push_back(madeUpMovie(number++));
        stack.upstreams().setFault(Site::wikidata, fault);

        HttpClient client(stack.http(), batchOf(ids));
        checkWhole(client.readToEnd(), ids);
        INFO(client.response().body());
        CHECK(client.response().count("movie") == 3);
        CHECK(verdictOf(client.response(), ids[3]) == "error scrape_failed");
        CHECK(*client.response().endAt() - client.sentAt() < 6s);

        stack.upstreams().clearFaults();
        stack.forgetFailures();     // the next fault shall meet a closed breaker
        CHECK(eventually(5s, [&] {  // a process believes for half a second what it knows of the breaker
            const std::vector<std::string> last{ids[3]};
            return verdictOf(ask(stack.http(), batchOf(last)), ids[3]) == "movie fetched";
        }));
    }
    checkNothingLeft(stack, descriptors);
}

TEST_CASE("a movie whose page fails is left alone for ten minutes, and only that movie", "[faults]") {
    const auto database = GENERATE(Database::sqlite, Database::mariadb);
    Stack stack({.database = database});
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.warm(std::vector<std::string>{ids[1]});
    stack.expire(std::vector<std::string>{ids[1]});
    stack.upstreams().setFault(ids[0], "no_places");
    stack.upstreams().setFault(ids[1], "404");
    checkWhole(ask(stack.http(), batchOf(ids)), ids);
    const int requests = stack.upstreams().counts(Site::rt).requests;

    const HttpResponse again = ask(stack.http(), batchOf(ids));
    checkWhole(again, ids);
    CHECK(verdictOf(again, ids[0]) == "error scrape_failed");
    CHECK(verdictOf(again, ids[1]) == "movie stale");
    CHECK(verdictOf(again, ids[2]) == "movie cached");
    const auto retryAfter = outcomeOf(again, ids[0]).fields->getValue<int>("retryAfterS");
    CHECK(retryAfter <= 600);
    CHECK(retryAfter > 500);
    CHECK(stack.upstreams().counts(Site::rt).requests == requests);

    stack.forgetFailures();
    stack.upstreams().clearFaults();
    const HttpResponse later = ask(stack.http(), batchOf(ids));
    checkWhole(later, ids);
    CHECK(doneOf(later).fetched == 2);
}

TEST_CASE("after 429 with Retry-After the site is left alone for so long", "[faults]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 3);
    stack.upstreams().setFault(ids[0], "429", 2s);
    stack.upstreams().setLatency(Site::rt, 50ms);
    HttpClient client(stack.http(), batchOf(ids));
    checkWhole(client.readToEnd(), ids);
    CHECK(verdictOf(client.response(), ids[0]) == "error scrape_failed");
    CHECK(verdictOf(client.response(), ids[2]) == "movie fetched");
    CHECK(outcomeOf(client.response(), ids[2]).at - client.sentAt() >= 1900ms);
}

TEST_CASE("a host without its page reader says so, asks for no more pages, and stops nobody else",
          "[faults]") {
    Stack stack({.settings = {{"reader.path", "/nonexistent/reader"}}});
    const std::vector<std::string> ids = madeUpMovies(1, 12);
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(doneOf(response).errors == 12);
    CHECK_THAT(outcomeOf(response, ids[11]).fields->getValue<std::string>("message"),
               Catch::StartsWith("This host cannot read pages now: the page reader could not be started"));
    CHECK(stack.upstreams().counts(Site::rt).requests <= 4);  // as many as may be read at once
    CHECK_THAT(stack.handlerLog(), Catch::Contains("this host cannot read pages, and asks for none"));

    Stack other({.databaseUrl = stack.databaseUrl(), .standinOf = &stack});
    const HttpResponse elsewhere = ask(other.http(), batchOf(ids));
    CHECK(doneOf(elsewhere).fetched == 12);
}

TEST_CASE("a film with thousands of rows at Wikidata costs itself, and no memory", "[faults]") {
    Stack stack;
    const std::vector<std::string> ids = madeUpMovies(1, 20);
    checkWhole(ask(stack.http(), batchOf(std::vector<std::string>{ids[1]})),
               std::vector<std::string>{ids[1]});
    std::string values;
    for (int i = 0; i < 45'000; ++i) {
        values.append(values.empty() ? "" : ",").append("\"m/value_").append(std::to_string(i)).append("\"");
    }
    stack.upstreams().changeFilm(ids[0], R"({"values":[)" + values + "]}");
    const std::size_t before = residentBytes(stack.handler().pid());
    const HttpResponse response = ask(stack.http(), batchOf(ids));
    checkWhole(response, ids);
    CHECK(verdictOf(response, ids[0]) == "error scrape_failed");
    CHECK(doneOf(response).errors == 1);
    CHECK(residentBytes(stack.handler().pid()) < before + 30'000'000);
}
