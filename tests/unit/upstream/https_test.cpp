#include <openssl/ssl.h>

#include <future>

#include "tests/unit/upstream/asking.h"
#include "tests/unit/upstream/tls_server.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

namespace {

const CertificateWish kGood{.names = "DNS:localhost"};

HttpOptions secureOptions(const RawServer& server, const Authority& trusted,
                          const std::string& host = "localhost") {
    HttpOptions options = optionsFor("https://" + host + ":" + std::to_string(server.port()));
    options.caFile = trusted.file();
    return options;
}

void answerAll(TlsPeer& peer) {
    while (!peer.readRequest().empty()) {
        peer.send(ok("secret"));
    }
}

void readAndForget(TlsPeer& peer) {
    peer.readRequest();
}

/// What a client that trusts `trusted` gets from a server of `identity` by the name `host`.
HttpResult askSecurely(const Authority& trusted, const Identity& identity,
                       const std::string& host = "localhost") {
    const RawServer server(overTls({identity}, answerAll));
    HttpClient client(secureOptions(server, trusted, host));
    return ask(client);
}

}  // namespace

TEST_CASE("a page comes over TLS, on one kept connection, and the name is asked for") {
    const Authority authority;
    std::promise<std::string> askedName;
    const RawServer server(overTls({authority.issue(kGood)}, [&](TlsPeer& peer) {
        askedName.set_value(peer.askedName());
        answerAll(peer);
    }));
    HttpClient client(secureOptions(server, authority));
    for (int i = 0; i < 5; ++i) {
        REQUIRE(replyIn(ask(client)).body == "secret");
    }
    CHECK(server.connections() == 1);
    CHECK(askedName.get_future().get() == "localhost");
}

TEST_CASE("a certificate for an address counts for that address") {
    const Authority authority;
    CHECK(replyIn(askSecurely(authority, authority.issue({.names = "IP:127.0.0.1"}), "127.0.0.1")).body ==
          "secret");
    CHECK(kindOf(askSecurely(authority, authority.issue({.names = "IP:127.0.0.2"}), "127.0.0.1")) ==
          Kind::broken);
}

TEST_CASE("a certificate that does not prove the site is not accepted, and says why") {
    const Authority authority;
    const Authority stranger;
    const auto messageFor = [&](const Identity& identity) {
        const auto result = askSecurely(authority, identity);
        CHECK(kindOf(result) == Kind::broken);
        return failureIn(result).message;
    };
    const std::string start = "Site showed a certificate that is not accepted: ";
    CHECK(messageFor(authority.issue({.names = "DNS:other.example.org"})) == start + "hostname mismatch");
    CHECK(messageFor(authority.issue({.names = "DNS:*.localhost"})) == start + "hostname mismatch");
    CHECK(messageFor(authority.issue({.names = "DNS:localhost", .fromSeconds = -7200, .toSeconds = -3600})) ==
          start + "certificate has expired");
    CHECK(messageFor(authority.issue({.names = "DNS:localhost", .fromSeconds = 3600, .toSeconds = 7200})) ==
          start + "certificate is not yet valid");
    CHECK(messageFor(stranger.issue(kGood)).starts_with(start + "unable to get local issuer certificate"));
}

TEST_CASE("no request is sent to a site that is not who it should be") {
    const Authority authority;
    std::atomic<bool> asked{false};
    {
        const RawServer server(overTls({authority.issue({.names = "DNS:evil.example.org"})},
                                       [&](TlsPeer& peer) { asked = asked || !peer.readRequest().empty(); }));
        HttpClient client(secureOptions(server, authority));
        CHECK(kindOf(ask(client)) == Kind::broken);
        CHECK(server.connections() == 1);
    }
    CHECK_FALSE(asked);
}

TEST_CASE("TLS older than 1.2 is not spoken") {
    const Authority authority;
    const RawServer old(overTls({authority.issue(kGood), TLS1_1_VERSION}, answerAll));
    HttpClient client(secureOptions(old, authority));
    const auto result = ask(client);
    CHECK(kindOf(result) == Kind::broken);
    CHECK(failureIn(result).message.starts_with("Site did not complete the TLS handshake"));

    const RawServer still(overTls({authority.issue(kGood), TLS1_2_VERSION}, answerAll));
    HttpClient other(secureOptions(still, authority));
    CHECK(replyIn(ask(other)).body == "secret");
}

TEST_CASE("a TLS session is taken up again on the next connection") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const Authority authority;
    std::atomic<int> resumed{0};
    const RawServer server(overTls({authority.issue(kGood), version}, [&](TlsPeer& peer) {
        resumed += peer.resumed() ? 1 : 0;
        peer.readRequest();
        peer.send(ok("x", "Connection: close\r\n"));
        peer.sayGoodbye();
    }));
    HttpClient client(secureOptions(server, authority));
    for (int i = 0; i < 3; ++i) {
        REQUIRE(replyIn(ask(client)).body == "x");
    }
    CHECK(server.connections() == 3);
    CHECK(resumed == 2);
}

TEST_CASE("a close without TLS's goodbye is a cut, with it an end") {
    const Authority authority;
    const bool goodbye = GENERATE(false, true);
    const RawServer server(overTls({authority.issue(kGood)}, [&](TlsPeer& peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\n\r\nhalf a page");
        if (goodbye) {
            peer.sayGoodbye();
        }
    }));
    HttpClient client(secureOptions(server, authority));
    const auto result = ask(client);
    if (goodbye) {
        CHECK(replyIn(result).body == "half a page");
        CHECK(replyIn(result).endKnown);
    } else {
        CHECK(kindOf(result) == Kind::broken);
    }
}

TEST_CASE("a reply cut short over TLS is broken") {
    const Authority authority;
    const RawServer server(overTls({authority.issue(kGood)}, [](TlsPeer& peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        peer.sayGoodbye();
    }));
    HttpClient client(secureOptions(server, authority));
    CHECK(kindOf(ask(client)) == Kind::broken);
}

TEST_CASE("a kept TLS connection that the site has closed is replaced") {
    const Authority authority;
    const bool goodbye = GENERATE(false, true);
    const RawServer server(overTls({authority.issue(kGood)}, [&](TlsPeer& peer) {
        peer.readRequest();
        peer.send(ok("x"));
        if (goodbye) {
            peer.sayGoodbye();
        }
    }));
    HttpClient client(secureOptions(server, authority));
    for (int i = 1; i <= 4; ++i) {
        REQUIRE(replyIn(ask(client)).status == 200);
    }
    CHECK(server.connections() == 4);
}

TEST_CASE("a TLS handshake that hangs ends with the deadline, its own limit, or a cancel") {
    const Authority authority;
    const RawServer server([](Peer& peer) { peer.waitForClose(); });
    auto options = secureOptions(server, authority);
    SECTION("deadline") {
        HttpClient client(options);
        CHECK(kindOf(ask(client, "/page", shortly())) == Kind::timeout);
    }
    SECTION("limit") {
        options.connectTimeout = std::chrono::milliseconds(50);
        HttpClient client(options);
        CHECK(kindOf(ask(client)) == Kind::broken);
    }
    SECTION("cancel") {
        HttpClient client(options);
        auto open = std::async(std::launch::async, [&] { return ask(client); });
        while (server.connections() == 0) {
            std::this_thread::yield();
        }
        client.cancel();
        CHECK(kindOf(open.get()) == Kind::cancelled);
    }
}

TEST_CASE("a server that speaks no TLS is broken") {
    const Authority authority;
    const RawServer server([](Peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.waitForClose();
    });
    HttpClient client(secureOptions(server, authority));
    CHECK(kindOf(ask(client)) == Kind::broken);
}

TEST_CASE("many clients share the authorities and ask at once") {
    const Authority authority;
    const RawServer server(overTls({authority.issue(kGood)}, answerAll));
    std::vector<std::future<int>> asking;
    for (int i = 0; i < 7; ++i) {
        asking.push_back(std::async(std::launch::async, [&] {
            HttpClient client(secureOptions(server, authority));
            int good = 0;
            for (int j = 0; j < 10; ++j) {
                good += std::holds_alternative<HttpReply>(ask(client)) ? 1 : 0;
            }
            return good;
        }));
    }
    for (auto& one : asking) {
        CHECK(one.get() == 10);
    }
}

TEST_CASE("no descriptor is left behind by TLS connections that fail") {
    const Authority authority;
    const Authority stranger;
    const RawServer cut(overTls({authority.issue(kGood)}, readAndForget));
    const RawServer strange(overTls({stranger.issue(kGood)}, readAndForget));
    const auto failOften = [&] {
        HttpClient first(secureOptions(cut, authority));
        HttpClient second(secureOptions(strange, authority));
        for (int i = 0; i < 20; ++i) {
            failureIn(ask(first));
            failureIn(ask(second));
        }
    };
    failOften();
    const std::size_t before = openDescriptors();
    failOften();
    for (int i = 0; i < 500 && openDescriptors() > before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(openDescriptors() <= before);
}

}  // namespace rtbatch::test
