#include "common/upstream/site.h"
#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

namespace {

std::string redirect(const std::string& location, int status = 301) {
    return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
           "\r\nContent-Length: 5\r\n\r\nmoved";
}

/// /1 leads to /2 leads to /3 ... and /`last` is a page.
RawServer::Script chainTo(int last) {
    return [last](Peer& peer) {
        for (std::string request = peer.readRequest(); !request.empty(); request = peer.readRequest()) {
            const int here = std::stoi(request.substr(5));
            peer.send(here == last ? ok("the page") : redirect("/" + std::to_string(here + 1)));
        }
    };
}

}  // namespace

TEST_CASE("every kind of redirect is followed on the same connection, and the final path is told") {
    const int status = GENERATE(301, 302, 303, 307, 308);
    const RawServer server([&](Peer& peer) {
        for (std::string request = peer.readRequest(); !request.empty(); request = peer.readRequest()) {
            peer.send(request.starts_with("GET /old/ ") ? redirect("/new?x=%3D", status) : ok("here"));
        }
    });
    HttpClient client(optionsFor(server.url()));
    const auto result = ask(client, "/old/");
    CHECK(replyIn(result).body == "here");
    CHECK(replyIn(result).path == "/new?x=%3D");
    CHECK(server.connections() == 1);
}

TEST_CASE("an absolute redirect within the site is followed") {
    const RawServer server([](Peer& peer) {
        const std::string request = peer.readRequest();
        const std::size_t host = request.find("Host: ") + 6;
        const std::string name = request.substr(host, request.find('\r', host) - host);
        peer.send(request.starts_with("GET /old ") ? redirect("http://" + name + "/new") : ok("here"));
    });
    HttpClient client(optionsFor(server.url()));
    CHECK(replyIn(ask(client, "/old")).path == "/new");
}

TEST_CASE("three redirects are followed, a fourth is refused") {
    const RawServer three(chainTo(4));
    HttpClient client(optionsFor(three.url()));
    CHECK(replyIn(ask(client, "/1")).path == "/4");

    const RawServer four(chainTo(5));
    HttpClient other(optionsFor(four.url()));
    const auto result = ask(other, "/1");
    CHECK(kindOf(result) == Kind::redirected);
    CHECK(failureIn(result).message == "Site redirects more than 3 times");
    CHECK(four.requests().size() == 4);
}

TEST_CASE("a redirect to itself ends") {
    const RawServer server(answering(redirect("/page")));
    HttpClient client(optionsFor(server.url()));
    CHECK(kindOf(ask(client)) == Kind::redirected);
    CHECK(server.requests().size() == 4);
}

TEST_CASE("another site is never asked") {
    const RawServer other(answering(ok("stolen")));
    const std::string port = std::to_string(other.port());
    const std::string location =
        GENERATE_COPY(as<std::string>(), "http://127.0.0.1:" + port + "/", "//127.0.0.1:" + port + "/x",
                      "http://localhost:" + port + "/", "https://127.0.0.1:" + port + "/");
    CAPTURE(location);
    const auto result = askOnce(answering(redirect(location)));
    CHECK(kindOf(result) == Kind::redirected);
    CHECK(failureIn(result).message == "Site redirects away from its own site");
    CHECK(other.connections() == 0);
}

TEST_CASE("a redirect without a place to go to is refused") {
    CHECK(kindOf(askOnce(answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"))) == Kind::redirected);
}

TEST_CASE("which redirects stay within a site") {
    const Site site = Site::parse("https://www.example.org/base/");
    CHECK(site.basePath == "/base");
    CHECK(site.hostField() == "www.example.org");
    CHECK(site.follow("/m/a/", "/m/a") == "/m/a");
    CHECK(site.follow("/m/a/", "../b") == "/m/b");
    CHECK(site.follow("/m/a", "b?c=%3D#d") == "/m/b?c=%3D");
    CHECK(site.follow("/m/a", "https://WWW.example.org:443/x") == "/x");
    CHECK(site.follow("/m/a", "https://www.example.org") == "/");
    CHECK(site.follow("/m/a", "//www.example.org/x") == "/x");
    for (const std::string away :
         {"http://www.example.org/x", "https://example.org/", "https://www.example.org:8443/", "//evil.org/x",
          "https://www.example.org@evil.org/", "https://user@www.example.org/", "javascript:alert(1)",
          "/\\evil.org", "\\\\evil.org", "/a b", "/a\tb", "/caf\xc3\xa9", "", "https://",
          "ftp://www.example.org/"}) {
        CAPTURE(away);
        CHECK_FALSE(site.follow("/m/a", away));
    }
    CHECK(Site::parse("http://[::1]:8080").hostField() == "[::1]:8080");
    CHECK(Site::parse("http://[::1]:8080").host == "::1");
    CHECK(Site::parse("http://example.org:80/").basePath.empty());
}

}  // namespace rtbatch::test
