// Each fault is on the wire what README.md says of it.
#include <catch2/catch.hpp>
#include <tuple>

#include "tests/upstreams/pages.h"
#include "tests/upstreams/raw_client.h"
#include "tests/upstreams/reply.h"
#include "tests/upstreams/standin.h"

using namespace rtbatch::standin;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using End = RawReply::End;

namespace {

void setFault(const Standin& standin, const std::string& fault, const std::string& more = "") {
    control(standin.rtUrl(), "PUT", "fault",
            R"({"upstream":"rt","id":"m/heat","fault":")" + fault + "\"" + more + "}");
}

RawReply heatWith(const Standin& standin, const std::string& fault, const std::string& more = "") {
    setFault(standin, fault, more);
    return get(standin.rtUrl(), "/m/heat");
}

}  // namespace

TEST_CASE("a status fault is a whole reply of that status, with Retry-After where it is set") {
    const Standin standin;
    for (const auto* status : {"404", "403", "429", "500", "503"}) {
        INFO(status);
        const RawReply plain = heatWith(standin, status);
        CHECK(plain.status() == std::stoi(status));
        CHECK(plain.end == End::whole);
        CHECK(plain.header("Retry-After").empty());
        CHECK(heatWith(standin, status == std::string("404") ? "503" : status, R"(,"retryAfter":0)")
                  .header("Retry-After") == "0");
    }
    CHECK(get(standin.rtUrl(), "/m/alien").status() == 200);
}

TEST_CASE("reset ends the connection with RST, before any byte") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "reset");
    CHECK(reply.end == End::reset);
    CHECK(reply.head.empty());
}

TEST_CASE("hang accepts and says nothing, until the client goes") {
    const Standin standin;
    setFault(standin, "hang");
    RawClient client(standin.rtUrl());
    client.send("GET", "/m/heat");
    const RawReply reply = client.receive(300ms);
    CHECK(reply.end == End::silent);
    CHECK(reply.head.empty());
    CHECK(count(standin.rtUrl(), "rt", "open") == 1);
}

TEST_CASE("drip sends the head, then a byte now and then") {
    const Standin standin;
    setFault(standin, "drip");
    RawClient client(standin.rtUrl());
    client.send("GET", "/m/heat");
    const RawReply reply = client.receive(1s);
    CHECK(reply.status() == 200);
    CHECK(reply.end == End::silent);
    CHECK(reply.body.size() >= 1);
    CHECK(reply.body.size() <= 11);
}

TEST_CASE("cut ends in order with half of what Content-Length promised") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "cut");
    CHECK(reply.status() == 200);
    CHECK(reply.end == End::closed);
    CHECK(reply.body.size() == std::stoull(reply.header("Content-Length")) / 2);
}

TEST_CASE("cut_chunked ends in order without the last chunk") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "cut_chunked");
    CHECK(reply.status() == 200);
    CHECK(reply.end == End::closed);
    CHECK(reply.header("Transfer-Encoding") == "chunked");
    CHECK(reply.body.size() > 1000);
    CHECK_THAT(reply.body, !Catch::EndsWith("0\r\n\r\n"));
}

TEST_CASE("cut_gzip is whole as HTTP and cut short as gzip") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "cut_gzip");
    CHECK(reply.end == End::whole);
    CHECK(reply.header("Content-Encoding") == "gzip");
    CHECK_THAT(unzip(reply.body), Catch::StartsWith("<!DOCTYPE html>") && !Contains("</html>"));
}

TEST_CASE("empty, garbage and blocked are whole replies of 200 that are no page") {
    const Standin standin;
    CHECK(heatWith(standin, "empty").end == End::whole);
    CHECK(heatWith(standin, "empty").body.empty());
    CHECK(heatWith(standin, "garbage").body.size() == 4096);
    CHECK(heatWith(standin, "garbage").status() == 200);
    CHECK_THAT(heatWith(standin, "blocked").body, Contains("verify you are a human"));
}

TEST_CASE("huge is 64 MB, and a client that leaves it is an abort") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "huge");
    CHECK(reply.end == End::whole);
    CHECK(reply.body.size() == 64UL * 1024 * 1024);
    {
        RawClient client(standin.rtUrl());
        client.send("GET", "/m/heat");
        CHECK(client.receive(1ms).end == End::silent);
    }
    CHECK(eventually([&] { return count(standin.rtUrl(), "rt", "aborted") == 1; }));
}

TEST_CASE("gzip_bomb is small on the wire and 64 MB inflated") {
    const Standin standin;
    const RawReply reply = heatWith(standin, "gzip_bomb");
    CHECK(reply.end == End::whole);
    CHECK(reply.header("Content-Encoding") == "gzip");
    CHECK(reply.body.size() < 100000);
    CHECK(unzip(reply.body).size() == 64UL * 1024 * 1024);
}

TEST_CASE("redirects lead in a loop, off the site, and home") {
    const Standin standin;
    CHECK(heatWith(standin, "redirect_loop").header("Location") == "/m/heat?again=1");
    CHECK(get(standin.rtUrl(), "/m/heat?again=1").header("Location") == "/m/heat?again=2");
    CHECK(heatWith(standin, "redirect_offsite").header("Location") == standin.elsewhereUrl() + "/m/heat");
    CHECK(heatWith(standin, "redirect_home").header("Location") == "/");
    CHECK(get(standin.rtUrl(), "/").status() == 200);
}

TEST_CASE("stale_connection promises to be kept and is closed after its reply") {
    const Standin standin;
    setFault(standin, "stale_connection");
    RawClient client(standin.rtUrl());
    const RawReply reply = client.get("/m/heat");
    CHECK(reply.end == End::whole);
    CHECK(reply.header("Connection") == "Keep-Alive");
    CHECK(client.receive(10s).end == End::closed);
}

TEST_CASE("pages that are not today's lack what makes them readable") {
    const Standin standin;
    CHECK(heatWith(standin, "crash").body == crashPage());
    CHECK_THAT(heatWith(standin, "no_scorecard").body,
               Contains("application/ld+json") && !Contains("media-scorecard-json"));
    CHECK_THAT(heatWith(standin, "no_places").body,
               Contains("Heat") && !Contains("application/ld+json") && !Contains("media-scorecard"));
    CHECK_THAT(heatWith(standin, "old_design").body,
               Contains("<score-board") && !Contains("media-scorecard"));
}

TEST_CASE("a fault holds for so many requests, and for one id or for all") {
    const Standin standin;
    setFault(standin, "500", R"(,"times":2)");
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 500);
    CHECK(get(standin.rtUrl(), "/m/alien").status() == 200);
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 500);
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 200);

    control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"rt","id":"*","fault":"503"})");
    setFault(standin, "none");
    CHECK(get(standin.rtUrl(), "/m/alien").status() == 503);
    CHECK(get(standin.rtUrl(), "/m/heat").status() == 200);
    control(standin.rtUrl(), "DELETE", "faults");
    CHECK(get(standin.rtUrl(), "/m/alien").status() == 200);
}

TEST_CASE("one film can be late, alone") {
    const Standin standin;
    setFault(standin, "none", R"(,"latencyMs":60000)");
    RawClient late(standin.rtUrl());
    late.send("GET", "/m/heat");
    CHECK(get(standin.rtUrl(), "/m/alien").status() == 200);
    CHECK(late.receive(100ms).end == End::silent);
}

TEST_CASE("a fault of Wikidata is set off by an id in the query") {
    const Standin standin;
    const auto ask = [&standin](const std::string& id) {
        const std::string query =
            "SELECT ?i ?r { VALUES ?i { \"tt0078748\" \"" + id + "\" } ?f wdt:P345 ?i; wdt:P1258 ?r }";
        return get(standin.wikidataUrl(), "/sparql?query=" + percentEncode(query),
                   "User-Agent: rtbatch/0.0.0\r\n");
    };
    control(standin.rtUrl(), "PUT", "fault",
            R"({"upstream":"wikidata","id":"tt0113277","fault":"429","retryAfter":3})");
    const RawReply throttled = ask("tt0113277");
    CHECK(throttled.status() == 429);
    CHECK(throttled.header("Retry-After") == "3");
    CHECK_THAT(throttled.body, Contains("Too Many Requests - Please retry in 3 seconds."));
    CHECK(ask("tt0468569").status() == 200);

    control(standin.rtUrl(), "PUT", "fault", R"({"upstream":"wikidata","id":"*","fault":"partial"})");
    const RawReply partial = ask("tt0468569");
    CHECK(partial.status() == 200);
    CHECK(partial.end == End::whole);
    CHECK_THAT(partial.body, Contains("\"bindings\"") && Contains("java.util.concurrent.TimeoutException"));
}
