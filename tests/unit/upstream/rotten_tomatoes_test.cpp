#include "common/upstream/rotten_tomatoes_client.h"

#include "tests/unit/upstream/asking.h"
#include "tests/unit/upstream/gzip.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

namespace {

const std::string kPage = "<html><title>Heat</title></html>";

/// What a client gets that asks for `id` below `base`.
std::variant<Page, UpstreamFailure> fetch(const RawServer& server, const std::string& id = "m/heat",
                                          const std::string& base = "") {
    RottenTomatoesClient client(optionsFor(server.url(base)));
    return client.fetch(RtId::parse(id).value(), ample());
}

/// A site whose pages redirect to `location` until that is asked for.
RawServer::Script redirectingTo(const std::string& location) {
    return [location](Peer& peer) {
        for (std::string request = peer.readRequest(); !request.empty(); request = peer.readRequest()) {
            peer.send(request.starts_with("GET " + location + " ")
                          ? ok(kPage)
                          : "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + location + "\r\n\r\n");
        }
    };
}

std::string foundAt(const std::string& location) {
    const RawServer server(redirectingTo(location));
    const auto result = fetch(server);
    const auto* page = std::get_if<Page>(&result);
    return page == nullptr ? "" : page->id.text();
}

}  // namespace

TEST_CASE("a page is asked for by its id and comes inflated") {
    const RawServer server(answering(ok(gzip(kPage), "Content-Encoding: gzip\r\n")));
    const auto result = fetch(server);
    REQUIRE(std::holds_alternative<Page>(result));
    CHECK(std::get<Page>(result).html == kPage);
    CHECK(std::get<Page>(result).id.text() == "m/heat");
    CHECK(server.requests().at(0).starts_with("GET /m/heat HTTP/1.1\r\n"));
    CHECK(server.requests().at(0).find("\r\nAccept: text/html\r\n") != std::string::npos);
}

TEST_CASE("a site may lie below a path") {
    const RawServer server(answering(ok(kPage)));
    const auto result = fetch(server, "tv/dark/s01", "/mirror/rt/");
    REQUIRE(std::holds_alternative<Page>(result));
    CHECK(std::get<Page>(result).id.text() == "tv/dark/s01");
    CHECK(server.requests().at(0).starts_with("GET /mirror/rt/tv/dark/s01 "));
}

TEST_CASE("the id of a page is that of the place where it was found") {
    CHECK(foundAt("/m/heat_1995") == "m/heat_1995");
    CHECK(foundAt("/m/heat_1995/") == "m/heat_1995");
    CHECK(foundAt("/tv/heat?from=m") == "tv/heat");
}

TEST_CASE("a redirect to what is no film's page is refused") {
    const std::string location =
        GENERATE(as<std::string>(), "/", "/m/", "/m/heat/reviews", "/celebrity/al_pacino",
                 "/search?search=heat", "/m/caf%C3%A9", "/napi/m/heat");
    CAPTURE(location);
    const RawServer server(redirectingTo(location));
    const auto result = fetch(server);
    CHECK(kindOf(result) == Kind::redirected);
    CHECK(failureIn(result).page == "m/heat");
    CHECK(failureIn(result).message == "Rotten Tomatoes redirects m/heat to a page that is no film's");
}

TEST_CASE("what the site answers instead of a page is told to the operator") {
    const auto failure = [](const std::string& head) {
        const RawServer server(answering("HTTP/1.1 " + head + "\r\nContent-Length: 0\r\n\r\n"));
        return failureIn(fetch(server));
    };
    CHECK(failure("404 Gone fishing").kind == Kind::gone);
    CHECK(failure("403 Forbidden").kind == Kind::forbidden);
    CHECK(failure("500 Oops").kind == Kind::broken);
    CHECK(failure("500 Oops").message == "Rotten Tomatoes answered 500 Internal Server Error");
    const auto throttled = failure("429 Slow\r\nRetry-After: 9");
    CHECK(throttled.kind == Kind::throttled);
    CHECK(throttled.retryAfter == std::chrono::seconds(9));
}

TEST_CASE("a page whose end nothing tells must end as a page does") {
    const RawServer cut(answeringOnce("HTTP/1.1 200 OK\r\n\r\n<html><title>He"));
    CHECK(kindOf(fetch(cut)) == Kind::broken);
    const RawServer whole(answeringOnce("HTTP/1.1 200 OK\r\n\r\n" + kPage + "\n<!-- 1 -->"));
    CHECK(std::holds_alternative<Page>(fetch(whole)));
}

TEST_CASE("a cancelled client of pages asks nothing") {
    const RawServer server(answering(ok(kPage)));
    RottenTomatoesClient client(optionsFor(server.url()));
    client.cancel();
    CHECK(kindOf(client.fetch(RtId::parse("m/heat").value(), ample())) == Kind::cancelled);
    CHECK(server.connections() == 0);
}

}  // namespace rtbatch::test
