#include <stdexcept>

#include "tests/unit/upstream/asking.h"
#include "tests/unit/upstream/gzip.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

TEST_CASE("a request names its host with the port, the product and what it accepts") {
    const RawServer server(answering(ok("x")));
    HttpClient client(optionsFor(server.url()));
    REQUIRE(replyIn(ask(client, "/m/heat?a=b")).status == 200);
    const std::string request = server.requests().at(0);
    CHECK(request.starts_with("GET /m/heat?a=b HTTP/1.1\r\n"));
    CHECK(request.find("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
    CHECK(request.find("\r\nUser-Agent: rtbatch/test (+mailto:test@example.org)\r\n") != std::string::npos);
    CHECK(request.find("\r\nAccept-Encoding: gzip\r\n") != std::string::npos);
    CHECK(request.find("\r\nAccept: text/html\r\n") != std::string::npos);
}

TEST_CASE("a reply brings its body, its fields and its path") {
    const auto result = askOnce(answering(ok("<p>hello", "ETag: W/\"1-a\"\r\nRetry-After: 3\r\n")));
    const HttpReply& reply = replyIn(result);
    CHECK(reply.body == "<p>hello");
    CHECK(reply.contentType == "text/html");
    CHECK(reply.etag == "W/\"1-a\"");
    CHECK(reply.retryAfter == "3");
    CHECK(reply.path == "/page");
    CHECK(reply.endKnown);
}

TEST_CASE("a body comes whole in every framing of HTTP") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    SECTION("by length, one byte at a time") {
        const std::string bytes = ok("dripped");
        const auto result = askOnce([&](Peer& peer) {
            peer.readRequest();
            for (const char c : bytes) {
                peer.send({&c, 1});
            }
            peer.waitForClose();
        });
        CHECK(replyIn(result).body == "dripped");
    }
    SECTION("in chunks, with an extension and a trailer") {
        const auto result =
            askOnce(answering(head + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n "
                                     "\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"));
        CHECK(replyIn(result).body == "hello 0123456789");
    }
    SECTION("until the connection closes, which is told as such") {
        const auto result = askOnce(answeringOnce("HTTP/1.0 200 OK\r\n\r\nold manners"));
        CHECK(replyIn(result).body == "old manners");
        CHECK_FALSE(replyIn(result).endKnown);
    }
    SECTION("empty") {
        CHECK(replyIn(askOnce(answering(ok("")))).body.empty());
    }
    SECTION("after interim replies") {
        const auto result = askOnce(
            answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("x")));
        CHECK(replyIn(result).body == "x");
    }
    SECTION("with bare line feeds") {
        CHECK(replyIn(askOnce(answering("HTTP/1.1 200\nContent-Length: 2\n\nhi"))).body == "hi");
    }
}

TEST_CASE("gzip is inflated") {
    const std::string page(100'000, 'x');
    const std::string field = "Content-Encoding: gzip\r\n";
    SECTION("by length") {
        CHECK(replyIn(askOnce(answering(ok(gzip(page), field)))).body == page);
    }
    SECTION("of several members") {
        CHECK(replyIn(askOnce(answering(ok(gzip("one,") + gzip("two"), field)))).body == "one,two");
    }
    SECTION("until the connection closes, where its own end counts") {
        const auto result = askOnce(answeringOnce("HTTP/1.1 200 OK\r\n" + field + "\r\n" + gzip(page)));
        CHECK(replyIn(result).body == page);
        CHECK(replyIn(result).endKnown);
    }
}

TEST_CASE("a body may be as large as the cap, and no larger") {
    const RawServer server([](Peer& peer) {
        while (true) {
            const std::string request = peer.readRequest();
            if (request.empty()) {
                return;
            }
            peer.send(ok(std::string(request.starts_with("GET /1001") ? 1001 : 1000, 'x')));
        }
    });
    auto options = optionsFor(server.url());
    options.maxBody = 1000;
    HttpClient client(options);
    CHECK(replyIn(ask(client, "/1000")).body.size() == 1000);
    CHECK(kindOf(ask(client, "/1001")) == Kind::refused);
}

TEST_CASE("replies of other statuses come without a body") {
    const auto result = askOnce(answering("HTTP/1.1 404 Nope\r\nContent-Length: 5\r\n\r\nsorry"));
    CHECK(replyIn(result).status == 404);
    CHECK(replyIn(result).body.empty());
    // One that no list of statuses has, as a content network sends it.
    CHECK(replyIn(askOnce(answering("HTTP/1.1 520 Odd\r\nContent-Length: 0\r\n\r\n"))).status == 520);
}

TEST_CASE("a client is not made of wrong settings") {
    CHECK_THROWS_AS(HttpClient(optionsFor("ftp://example.org/")), std::invalid_argument);
    CHECK_THROWS_AS(HttpClient(optionsFor("example.org")), std::invalid_argument);
    CHECK_THROWS_AS(HttpClient(optionsFor("http://user:secret@example.org/")), std::invalid_argument);
    CHECK_THROWS_AS(HttpClient(optionsFor("http://example.org/?query")), std::invalid_argument);
    auto options = optionsFor("http://example.org");
    options.userAgent = "a\r\nX-Evil: b";
    CHECK_THROWS_AS(HttpClient(options), std::invalid_argument);
    options = optionsFor("https://example.org");
    options.caFile = "/nonexistent.pem";
    CHECK_THROWS_AS(HttpClient(options), std::invalid_argument);
}

TEST_CASE("a path that would break the request line is never sent") {
    const RawServer server(answering(ok("x")));
    HttpClient client(optionsFor(server.url()));
    for (const std::string path : {"", "m/heat", "/a b", "/a\r\nX: y", "/caf\xc3\xa9"}) {
        CHECK_THROWS_AS(ask(client, path), std::invalid_argument);
    }
    CHECK(server.connections() == 0);
}

}  // namespace rtbatch::test
