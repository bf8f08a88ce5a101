#include <sys/resource.h>

#include "tests/unit/upstream/asking.h"
#include "tests/unit/upstream/gzip.h"

namespace rtbatch::test {

using Kind = UpstreamFailure::Kind;

namespace {

long peakMemoryKb() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("a reply that ends before its end is broken, never a success") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string packed = "Content-Encoding: gzip\r\n";
    const std::string page = gzip(std::string(5000, 'x') + "end");
    const std::string cut = page.substr(0, page.size() - 4);
    const std::string cases[] = {
        "",
        "HTTP/1.1 2",
        head + "Content-Length: 5\r\n",
        head + "Content-Length: 5\r\n\r\nhell",
        head + "Content-Length: 5\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        head + packed + "Content-Length: " + std::to_string(cut.size()) + "\r\n\r\n" + cut,
        head + packed + "\r\n" + cut,
        head + packed + "Content-Length: 0\r\n\r\n",
        head + packed + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    for (const auto& bytes : cases) {
        CAPTURE(bytes);
        CHECK(kindOf(askOnce(answeringOnce(bytes))) == Kind::broken);
    }
}

TEST_CASE("what is not HTTP, or leaves its end open to opinion, is broken") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string cases[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 999 Odd\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        head + "no colon\r\n\r\n",
        head + "Folded: a\r\n b\r\nContent-Length: 1\r\n\r\nx",
        head + "Content-Length : 1\r\n\r\nx",
        head + "Content-Length: -1\r\n\r\n",
        head + "Content-Length: 1, 1\r\n\r\nx",
        head + "Content-Length: 99999999999999999999999\r\n\r\n",
        head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
        head + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        head + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
        head + "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + gzip("x").substr(0, 21) + "and trash",
    };
    for (const auto& bytes : cases) {
        CAPTURE(bytes);
        CHECK(kindOf(askOnce(answeringOnce(bytes))) == Kind::broken);
    }
}

TEST_CASE("a reset is broken wherever it comes") {
    for (const std::string sent :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}) {
        CAPTURE(sent);
        const auto result = askOnce([&](Peer& peer) {
            peer.readRequest();
            peer.send(sent);
            peer.reset();
        });
        CHECK(kindOf(result) == Kind::broken);
    }
}

TEST_CASE("a closed port is broken and says so") {
    std::string url;
    {
        const RawServer gone(answering(""));
        url = gone.url();
    }
    HttpClient client(optionsFor(url));
    const auto result = ask(client);
    CHECK(kindOf(result) == Kind::broken);
    CHECK(failureIn(result).message.starts_with("Site could not be reached (127.0.0.1:"));
}

TEST_CASE("the deadline holds wherever the site stops") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string cases[] = {"",
                                 "HTT",
                                 head + "A: b\r\n",
                                 head + "Content-Length: 100\r\n\r\nx",
                                 head + "Transfer-Encoding: chunked\r\n\r\n64\r\nx",
                                 head + "\r\n"};
    for (const auto& bytes : cases) {
        CAPTURE(bytes);
        const auto result = askOnce(
            [&](Peer& peer) {
                peer.readRequest();
                peer.send(bytes);
                peer.waitForClose();
            },
            shortly());
        CHECK(kindOf(result) == Kind::timeout);
        CHECK(failureIn(result).message == "Site did not answer in time");
    }
}

TEST_CASE("the deadline is one for the whole request, however steadily it drips") {
    const auto drip = [](const std::string& start, const std::string& piece) {
        return [start, piece](Peer& peer) {
            peer.readRequest();
            bool open = peer.send(start);
            while (open) {
                open = peer.send(piece);
                peer.pause(10);
            }
        };
    };
    const std::string head = "HTTP/1.1 200 OK\r\n";
    CHECK(kindOf(askOnce(drip(head + "Content-Length: 100000\r\n\r\n", "x"), shortly())) == Kind::timeout);
    CHECK(kindOf(askOnce(drip(head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), shortly())) ==
          Kind::timeout);
    CHECK(kindOf(askOnce(drip(head, "A: b\r\n"), shortly())) == Kind::timeout);
    CHECK(kindOf(askOnce(drip("", "HTTP/1.1 100 Continue\r\n\r\n"), shortly())) == Kind::timeout);
}

TEST_CASE("redirects share the one deadline") {
    const auto result = askOnce(
        [](Peer& peer) {
            while (!peer.readRequest().empty()) {
                peer.pause(150);
                peer.send("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
            }
        },
        shortly());
    CHECK(kindOf(result) == Kind::timeout);
}

TEST_CASE("a deadline that has passed asks nothing") {
    const RawServer server(answering(ok("x")));
    HttpClient client(optionsFor(server.url()));
    CHECK(kindOf(ask(client, "/page", Deadline::in(std::chrono::milliseconds(0)))) == Kind::timeout);
    CHECK(server.connections() == 0);
}

TEST_CASE("too much is refused, and costs neither the time nor the memory to take it") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const auto endless = [](const std::string& start, const std::string& piece) {
        return [start, piece](Peer& peer) {
            peer.readRequest();
            for (bool open = peer.send(start); open;) {
                open = peer.send(piece);
            }
        };
    };
    const std::string megabyte(std::size_t{1} << 20U, 'x');
    const long before = peakMemoryKb();
    SECTION("64 MB announced") {
        CHECK(kindOf(askOnce(endless(head + "Content-Length: 67108864\r\n\r\n", megabyte))) == Kind::refused);
    }
    SECTION("a chunked body without end") {
        CHECK(kindOf(askOnce(endless(head + "Transfer-Encoding: chunked\r\n\r\n",
                                     "100000\r\n" + megabyte + "\r\n"))) == Kind::refused);
    }
    SECTION("a chunk that is larger than any body") {
        CHECK(kindOf(askOnce(endless(head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                                     megabyte))) == Kind::refused);
    }
    SECTION("a body until a close that never comes") {
        CHECK(kindOf(askOnce(endless(head + "\r\n", megabyte))) == Kind::refused);
    }
    SECTION("header fields without end") {
        CHECK(kindOf(askOnce(endless(head, "A: " + std::string(100, 'b') + "\r\n"))) == Kind::refused);
    }
    SECTION("one header line without end") {
        CHECK(kindOf(askOnce(endless(head + "A: ", megabyte))) == Kind::refused);
    }
    SECTION("interim replies without end") {
        CHECK(kindOf(askOnce(endless("", "HTTP/1.1 100 Continue\r\n\r\n"))) == Kind::refused);
    }
    SECTION("a trailer without end") {
        CHECK(kindOf(askOnce(endless(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"))) ==
              Kind::refused);
    }
    SECTION("a gzip bomb of 64 MB") {
        const std::string bomb = gzipBomb(std::size_t{64} << 20U);
        REQUIRE(bomb.size() < 1'000'000);
        CHECK(kindOf(askOnce(answering(ok(bomb, "Content-Encoding: gzip\r\n")))) == Kind::refused);
    }
#ifndef RTBATCH_SANITIZED
    // The 4 MB of the cap, twice for the growing string, and the server's own pieces.
    CHECK(peakMemoryKb() - before < 24L * 1024);
#else
    CHECK(peakMemoryKb() >= before);
#endif
}

TEST_CASE("no descriptor is left behind by requests that fail") {
    const RawServer server([](Peer& peer) {
        peer.readRequest();
        switch (peer.number() % 6) {
            case 0:
                peer.reset();
                break;
            case 1:
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
                break;
            case 2:
                peer.waitForClose();
                break;
            case 3:
                peer.send("garbage\r\n\r\n");
                break;
            case 4:
                peer.send("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\n\r\n");
                break;
            default:
                break;
        }
    });
    const auto failOften = [&] {
        HttpClient client(optionsFor(server.url()));
        for (int i = 0; i < 60; ++i) {
            failureIn(ask(client, "/page", Deadline::in(std::chrono::milliseconds(50))));
        }
        HttpClient nameless(optionsFor("http://no-such-host.invalid"));
        failureIn(ask(nameless));
    };
    failOften();
    const std::size_t before = openDescriptors();
    failOften();
    // The server's threads close their own ends a moment later.
    for (int i = 0; i < 500 && openDescriptors() > before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(openDescriptors() <= before);
}

}  // namespace rtbatch::test
