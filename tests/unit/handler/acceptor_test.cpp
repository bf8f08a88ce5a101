#include "handler/acceptor.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/handler/fastcgi_peer.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::chrono_literals;

namespace {

const std::string kParams = fastCgiParam("REQUEST_METHOD", "POST") + fastCgiParam("SCRIPT_NAME", "/echo");

/// Answers each request with its body.
class EchoServer {
public:
    explicit EchoServer(int threads) : _listener(_dir.file("socket"), 0600) {
        _acceptor.emplace(_listener, threads, _connections, 1000,
                          [this](std::unique_ptr<Exchange> exchange, bool /*mayWait*/) {
                              exchange->write("Status: 200 OK\r\n\r\n" + std::string(exchange->body()));
                              exchange->finish({});
                              ++_answered;
                          });
    }
    std::string path() const { return _dir.file("socket"); }
    FastCgiPeer connect() const { return FastCgiPeer(path()); }
    /// Whether a request is answered.
    bool answers() {
        FastCgiPeer peer = connect();
        peer.send(fastCgiRequest(kParams, "ping"));
        return peer.readToEnd().find("\r\n\r\nping") != std::string::npos;
    }
    int answered() const { return _answered; }
    ConnectionCount& connections() { return _connections; }
    void stop() { _acceptor->stop(); }

private:
    const TempDir _dir;
    std::atomic<int> _answered = 0;
    Listener _listener;
    ConnectionCount _connections;
    std::optional<Acceptor> _acceptor;
};

}  // namespace

TEST_CASE("peers that say nothing, or half a request, hold up nobody") {
    EchoServer server(1);
    std::vector<FastCgiPeer> peers;
    for (int i = 0; i < 8; ++i) {
        peers.push_back(server.connect());
        REQUIRE(peers.back().send(fastCgiRequest(kParams).substr(0, static_cast<std::size_t>(i * 3))));
    }
    CHECK(server.answers());
    // Not because they had been given up by then: each goes on with its request.
    for (int i = 0; i < 8; ++i) {
        REQUIRE(peers.at(static_cast<std::size_t>(i))
                    .send(fastCgiRequest(kParams).substr(static_cast<std::size_t>(i * 3))));
        CHECK(peers.at(static_cast<std::size_t>(i)).readToEnd().find("200 OK") != std::string::npos);
    }
}

TEST_CASE("a peer that drips its request is cut off") {
    EchoServer server(1);
    const FastCgiPeer peer = server.connect();
    const std::string more = fastCgiRecord(5, std::string(60000, 'b'));
    std::string request = fastCgiBegin() + fastCgiRecord(4, kParams) + fastCgiRecord(4, {}) + more + more;
    // Fast enough for any time-out of one read.
    const bool cut = eventually(60s, [&] {
        const bool taken = peer.send(request.substr(0, 1));
        request.erase(0, 1);
        std::this_thread::sleep_for(100ms);
        return !taken;
    });
    CHECK(cut);
    CHECK(server.answered() == 0);
}

TEST_CASE("a malformed request costs itself and nothing else") {
    EchoServer server(1);
    const auto with = [](const std::string& params) { return fastCgiRequest(params); };
    const auto request = GENERATE_COPY(values<std::string>(
        {with("\x0e\xff"), with(std::string("\x0e\x04") + "REQUEST_METHOD" + "PO"),
         with(kParams + fastCgiLength(0x7f000000) + fastCgiLength(0x7f000000) + "x"),
         with(std::string("\x01") + fastCgiLength(0x7fffffff) + "a"),
         with(fastCgiLength(0x7fffffff) + std::string("\x01") + "a"),
         fastCgiBegin() + fastCgiRecord(4, kParams) + fastCgiBegin() + fastCgiRecord(5, {}),
         fastCgiRecord(1, "abc") + fastCgiRecord(5, {}), fastCgiRecord(5, {}),
         fastCgiRecord(4, kParams) + fastCgiRecord(4, {}) + fastCgiRecord(5, {}),
         fastCgiBegin() + fastCgiRecord(5, {}),
         fastCgiBegin() + fastCgiRecord(4, kParams) + fastCgiRecord(5, "body") + fastCgiRecord(5, {}),
         fastCgiRecord(1, std::string(8, '\0'), 0, 1, 2), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
    FastCgiPeer peer = server.connect();
    REQUIRE(peer.send(request));
    peer.readToEnd();
    CHECK(peer.endedBy() != EAGAIN);
    CHECK(server.answered() == 0);
    CHECK(server.answers());
}

TEST_CASE("more silent peers than may be on their way leave room for those who ask") {
    EchoServer server(1);
    std::vector<FastCgiPeer> peers;
    for (std::size_t i = 0; i < Arrivals::kMost + 50; ++i) {
        peers.push_back(server.connect());
        REQUIRE(peers.back().connected());
    }
    CHECK(server.answers());
    CHECK(server.connections().waitForNone(Deadline::in(20s)));
}

TEST_CASE("a peer that does not read its answer holds up nobody") {
    EchoServer server(1);
    std::vector<FastCgiPeer> peers;
    const std::string body(16 * 1024, 'b');
    for (int i = 0; i < 8; ++i) {
        peers.push_back(server.connect());
        const int little = 1;
        ::setsockopt(peers.back().descriptor(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        REQUIRE(peers.back().send(fastCgiRequest(kParams, body)));
    }
    CHECK(server.answers());
    CHECK(eventually(10s, [&] { return server.answered() == 9; }));
}

TEST_CASE("a request that is on its way when the program stops is answered") {
    EchoServer server(1);
    FastCgiPeer peer = server.connect();
    const std::string request = fastCgiRequest(kParams, "ping");
    REQUIRE(peer.send(request.substr(0, 40)));
    REQUIRE(server.answers());  // so the other one was accepted before
    std::jthread stopping([&] { server.stop(); });
    REQUIRE(peer.send(request.substr(40)));
    CHECK(peer.readToEnd().find("ping") != std::string::npos);
}
