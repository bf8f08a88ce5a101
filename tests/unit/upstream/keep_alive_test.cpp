#include "tests/unit/upstream/asking.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

TEST_CASE("one connection serves many requests") {
    const RawServer server(answering(ok("x")));
    HttpClient client(optionsFor(server.url()));
    for (int i = 0; i < 20; ++i) {
        REQUIRE(replyIn(ask(client)).status == 200);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("a page that is not there does not cost the connection") {
    const RawServer server(answering("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry"));
    HttpClient client(optionsFor(server.url()));
    ask(client);
    CHECK(replyIn(ask(client)).status == 404);
    CHECK(server.connections() == 1);
}

TEST_CASE("the unwanted body of a failed reply delays its answer only a little") {
    const auto result = askOnce([](Peer& peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 50\r\n\r\n");
        peer.waitForClose();
    });
    CHECK(replyIn(result).status == 429);
    CHECK(replyIn(result).retryAfter == "7");
}

TEST_CASE("a kept connection that the site has closed is replaced without a word") {
    const RawServer server(answeringOnce(ok("x")));
    HttpClient client(optionsFor(server.url()));
    for (int i = 1; i <= 5; ++i) {
        REQUIRE(replyIn(ask(client)).status == 200);
    }
    CHECK(server.connections() == 5);
}

TEST_CASE("a kept connection that dies on the next request is retried once on a fresh one") {
    const bool byReset = GENERATE(true, false);
    const RawServer server([&](Peer& peer) {
        if (peer.readRequest().empty() || !peer.send(ok("x"))) {
            return;
        }
        peer.readRequest();  // and no answer to this one
        if (byReset) {
            peer.reset();
        }
    });
    HttpClient client(optionsFor(server.url()));
    REQUIRE(replyIn(ask(client)).status == 200);
    CHECK(replyIn(ask(client)).status == 200);
    CHECK(server.connections() == 2);
    CHECK(server.requests().size() == 3);
}

TEST_CASE("a fresh connection that fails is not retried") {
    const RawServer server([](Peer& peer) { peer.readRequest(); });
    HttpClient client(optionsFor(server.url()));
    CHECK(kindOf(ask(client)) == Kind::broken);
    CHECK(server.connections() == 1);
}

TEST_CASE("the one retry fails for good") {
    const RawServer server([](Peer& peer) {
        if (peer.number() == 1) {
            peer.readRequest();
            peer.send(ok("x"));
        }
        peer.readRequest();
    });
    HttpClient client(optionsFor(server.url()));
    REQUIRE(replyIn(ask(client)).status == 200);
    CHECK(kindOf(ask(client)) == Kind::broken);
    CHECK(server.connections() == 2);
}

TEST_CASE("an answer that has begun on a kept connection is not asked for again") {
    const RawServer server([](Peer& peer) {
        peer.readRequest();
        peer.send(ok("x"));
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    });
    HttpClient client(optionsFor(server.url()));
    REQUIRE(replyIn(ask(client)).status == 200);
    CHECK(kindOf(ask(client)) == Kind::broken);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a connection is not kept when it may be out of step") {
    const std::string reply =
        GENERATE(as<std::string>(),  //
                 ok("x") + ok("two answers to one request"), ok("x", "Connection: close\r\n"),
                 "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
                 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: "
                 "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    CAPTURE(reply);
    const RawServer server(answering(reply));
    HttpClient client(optionsFor(server.url()));
    CHECK(replyIn(ask(client)).body == "x");
    CHECK(replyIn(ask(client)).body == "x");
    CHECK(server.connections() == 2);
}

TEST_CASE("what a site says unasked on a kept connection is never taken for an answer") {
    const RawServer server([](Peer& peer) {
        if (peer.readRequest().empty()) {
            return;
        }
        peer.send(ok("x"));
        if (peer.number() == 1) {
            peer.pause(30);
            peer.send(ok("forged"));
            peer.waitForClose();
        }
    });
    HttpClient client(optionsFor(server.url()));
    REQUIRE(replyIn(ask(client)).body == "x");
    std::this_thread::sleep_for(
        std::chrono::milliseconds(200));  // long enough for the forged one to be there
    CHECK(replyIn(ask(client)).body == "x");
    CHECK(server.connections() == 2);
}

TEST_CASE("a client is as good as new after a failure") {
    const RawServer server([](Peer& peer) {
        peer.readRequest();
        peer.send(peer.number() == 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" : ok("x"));
    });
    HttpClient client(optionsFor(server.url()));
    CHECK(kindOf(ask(client)) == Kind::broken);
    CHECK(replyIn(ask(client)).body == "x");
}

}  // namespace rtbatch::test
