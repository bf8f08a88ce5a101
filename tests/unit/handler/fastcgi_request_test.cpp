#include "handler/fastcgi_request.h"

#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "handler/fastcgi_exchange.h"
#include "handler/json_body.h"
#include "tests/unit/handler/fastcgi_peer.h"

using namespace rtbatch;
using namespace rtbatch::test;
using namespace std::string_literals;
using State = FastCgiParser::State;

namespace {

/// A parameter's value; empty when there is none.
std::string_view paramOf(const FastCgiRequest& request, std::string_view name) {
    std::string_view pairs = request.params;
    while (!pairs.empty()) {
        const auto pair = takeFastCgiPair(pairs);
        if (!pair || pair->first == name) {
            return pair ? pair->second : std::string_view();
        }
    }
    return {};
}

/// What is left unread of a request, so that a process that dies tears its answer.
constexpr std::size_t kUnread = 2;

const std::string kParams = fastCgiParam("REQUEST_METHOD", "POST") + fastCgiParam("EMPTY", "") +
                            fastCgiParam("HTTP_X_LONG", std::string(300, 'l'));

/// Feeds the bytes in pieces of this size.
FastCgiParser parsed(std::string_view bytes, std::size_t piece = std::string::npos) {
    FastCgiParser parser;
    while (!bytes.empty() && parser.state() == State::incomplete) {
        bytes.remove_prefix(parser.take(bytes.substr(0, piece)));
    }
    return parser;
}

/// A web server's connection and an exchange at its other end, for a request that has been read.
struct Connected {
    FastCgiPeer server{-1};
    FileDescriptor ours;

    Connected() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        server = FastCgiPeer(ends[0]);
        ours = FileDescriptor(ends[1]);
        REQUIRE(server.send("??"));  // what the parser leaves unread
    }
};

}  // namespace

TEST_CASE("a request is read to the record that ends its body, however it is cut") {
    const std::string whole = fastCgiBegin(1, 513) + fastCgiRecord(4, kParams.substr(0, 30), 4, 513) +
                              fastCgiRecord(4, kParams.substr(30), 0, 513) + fastCgiRecord(4, {}, 3, 513) +
                              fastCgiRecord(5, std::string(9000, 'b'), 7, 513) + fastCgiRecord(5, {}, 0, 513);
    const std::size_t piece = GENERATE(1, 2, 5, 7, 8, 9, 100, 100000);
    FastCgiParser parser;
    std::size_t taken = 0;
    while (parser.state() == State::incomplete && taken < whole.size()) {
        taken += parser.take(std::string_view(whole).substr(taken, piece));
    }
    REQUIRE(parser.state() == State::whole);
    CHECK(taken == whole.size() - kUnread);
    CHECK(parser.takeReply().empty());
    const FastCgiRequest request = parser.takeRequest();
    CHECK(request.id == 513);
    CHECK(request.body == std::string(9000, 'b'));
    CHECK(paramOf(request, "REQUEST_METHOD") == "POST");
    CHECK(paramOf(request, "HTTP_X_LONG") == std::string(300, 'l'));
    CHECK(paramOf(request, "EMPTY").empty());
    CHECK(paramOf(request, "NONE").empty());
}

TEST_CASE("of a body that is too long so much is kept that this can be said") {
    FastCgiParser parser =
        parsed(fastCgiBegin() + fastCgiRecord(4, {}) + fastCgiRecord(5, std::string(60000, 'b')) +
               fastCgiRecord(5, std::string(60000, 'c')) + fastCgiRecord(5, {}));
    REQUIRE(parser.state() == State::whole);
    CHECK(parser.takeRequest().body == std::string(kMaxBody + 1, 'b'));
}

TEST_CASE("a length that goes beyond what was sent refuses the request") {
    const std::string params = GENERATE(values<std::string>(
        {"\x0e", "\x0e\xff",
         "\x0e\x04REQUEST_METHOD"
         "PO",
         "\x01\x80",
         "\x01\x80\xff\xff"
         "a",
         fastCgiLength(0x7f000000) + fastCgiLength(0x7f000000) + "x",
         fastCgiLength(0x7fffffff) + "\x01"
                                     "a",
         "\x01" + fastCgiLength(0x7fffffff) + "a", fastCgiLength(3) + fastCgiLength(0x7ffffffd) + "abc"}));
    FastCgiParser parser = parsed(fastCgiBegin() + fastCgiRecord(4, kParams + params) + fastCgiRecord(4, {}) +
                                  fastCgiRecord(5, {}));
    CHECK(parser.state() == State::refused);
    CHECK(std::string(parser.fault()) == "a parameter that is longer than what was sent");
}

TEST_CASE("parts of a request that are missing or out of order refuse it") {
    const std::string request = GENERATE(values<std::string>(
        {fastCgiRecord(5, {}), fastCgiRecord(4, kParams), fastCgiBegin() + fastCgiRecord(5, {}),
         fastCgiBegin() + fastCgiRecord(4, kParams) + fastCgiRecord(5, "body"),
         fastCgiBegin() + fastCgiRecord(4, {}) + fastCgiRecord(4, kParams), fastCgiBegin() + fastCgiBegin(),
         fastCgiRecord(1, "short"), fastCgiRecord(1, std::string(9, '\0')), fastCgiRecord(1, {}),
         fastCgiRecord(1, std::string(8, '\0'), 0, 1, 2), "GET / HTTP/1.1\r\n\r\n"}));
    CHECK(parsed(request).state() == State::refused);
    CHECK(parsed(request, 1).state() == State::refused);
}

TEST_CASE("no more is kept of a request than one can have") {
    FastCgiParser parser;
    const std::string more = fastCgiRecord(4, std::string(60000, 'p'));
    parser.take(fastCgiBegin());
    SECTION("parameters without an end") {
        int records = 0;
        while (parser.state() == State::incomplete && ++records < 100) {
            parser.take(more);
        }
        CHECK(records * 60000 < 2 * static_cast<int>(kMaxFastCgiParams));
    }
    SECTION("a body without an end") {
        const std::string body = fastCgiRecord(5, std::string(60000, 'b'));
        parser.take(fastCgiRecord(4, {}));
        int records = 0;
        while (parser.state() == State::incomplete && ++records < 100) {
            parser.take(body);
        }
        CHECK(records * 60000 < 2 * static_cast<int>(kMaxFastCgiRequest));
    }
    SECTION("a question about us") {
        parser.take(fastCgiRecord(9, std::string(60000, 'q'), 0, 0));
    }
    CHECK(parser.state() == State::refused);
}

TEST_CASE("what a web server may say besides a request is answered") {
    FastCgiParser parser;
    SECTION("which values we have") {
        parser.take(fastCgiRecord(9,
                                  "\x0e\x00"
                                  "FCGI_MAX_CONNS"
                                  "\x0f\x00"
                                  "FCGI_MPXS_CONNS"s,
                                  2, 0));
        CHECK(parser.takeReply() == fastCgiRecord(10,
                                                  "\x0f\x01"
                                                  "FCGI_MPXS_CONNS0",
                                                  0, 0));
    }
    SECTION("something about us that nobody knows") {
        parser.take(fastCgiRecord(42, "???", 0, 0));
        CHECK(parser.takeReply() == fastCgiRecord(11, "\x2a\0\0\0\0\0\0\0"s, 0, 0));
    }
    SECTION("another request on the same connection") {
        parser.take(fastCgiBegin());
        parser.take(fastCgiBegin(1, 2) + fastCgiRecord(4, "\xff", 0, 2) + fastCgiRecord(5, {}, 0, 2));
        CHECK(parser.takeReply() == fastCgiRecord(3, "\0\0\0\0\1\0\0\0"s, 0, 2));
        CHECK(parsed(fastCgiRecord(8, "for filters") + fastCgiRecord(2, {}, 0, 7)).state() ==
              State::incomplete);
    }
    CHECK(parser.takeReply().empty());
    // And then comes the request.
    parser = parsed(fastCgiRecord(9, {}, 0, 0) + fastCgiRequest(kParams));
    CHECK(parser.state() == State::whole);
}

TEST_CASE("a request that is given up, or for another role, is ended") {
    FastCgiParser given = parsed(fastCgiBegin() + fastCgiRecord(4, kParams) + fastCgiRecord(2, {}));
    CHECK(given.state() == State::refused);
    CHECK(given.takeReply() == fastCgiRecord(3, std::string(8, '\0')));
    FastCgiParser other = parsed(fastCgiBegin(GENERATE(0, 2, 3, 9)));
    CHECK(other.state() == State::refused);
    CHECK(other.takeReply() == fastCgiRecord(3, "\0\0\0\0\3\0\0\0"s));
}

TEST_CASE(
    "an answer is written in records, of which a short one is one piece, and ends with those that say so") {
    Connected connected;
    FastCgiExchange exchange(std::move(connected.ours), {.id = 258});
    const std::string head = "Status: 200 OK\r\n\r\n";
    const std::string longer(70000, 'x');
    CHECK(exchange.write(head));
    CHECK(exchange.write(longer));
    exchange.finish({});
    ::shutdown(exchange.descriptor(), SHUT_RDWR);
    const std::string sent = connected.server.readToEnd();
    std::vector<std::string> contents;
    std::string types;
    for (std::size_t at = 0; at + 8 <= sent.size();) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sent[at + i]); };
        const std::size_t size = static_cast<std::size_t>(byte(4)) << 8 | byte(5);
        types += std::to_string(byte(1));
        contents.push_back(sent.substr(at + 8, size));
        at += 8 + size + byte(6);
    }
    REQUIRE(contents.size() > 4);
    CHECK(contents.front() == head);
    CHECK(types == std::string(contents.size() - 1, '6') + '3');
    CHECK(contents[contents.size() - 2].empty());
    std::string all;
    for (std::size_t i = 1; i + 1 < contents.size(); ++i) {
        all += contents[i];
    }
    CHECK((all == longer));
    CHECK(contents.back() == std::string(8, '\0'));
}

TEST_CASE("the connection of a process that dies is reset, so that the answer is torn") {
    Connected connected;
    {
        FastCgiExchange exchange(std::move(connected.ours), {.id = 1});
        CHECK(exchange.write("Status: 200 OK\r\n\r\n"));
    }
    connected.server.readToEnd();
    CHECK(connected.server.endedBy() == ECONNRESET);
}

TEST_CASE("the connection of a finished answer ends quietly") {
    Connected connected;
    {
        FastCgiExchange exchange(std::move(connected.ours), {.id = 1});
        exchange.finish({});
    }
    connected.server.readToEnd();
    CHECK(connected.server.endedBy() == 0);
}

TEST_CASE("a web server that has gone is noticed when it is written to, and then always") {
    Connected connected;
    FastCgiExchange exchange(std::move(connected.ours), {.id = 1});
    connected.server.close();
    CHECK_FALSE(exchange.write("Status: 200 OK\r\n\r\n"));
    CHECK_FALSE(exchange.write("more"));
}

TEST_CASE("whatever comes, nothing is read or kept beyond what was sent") {
    std::mt19937 random(20261128);
    const std::string good = fastCgiRequest(kParams, "body");
    int whole = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string bytes = good;
        for (int change = 0; change < 1 + i % 4; ++change) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        FastCgiParser parser =
            parsed(std::string_view(bytes).substr(0, bytes.size() - random() % 20), 1 + random() % 50);
        if (parser.state() == State::whole) {
            ++whole;
            const FastCgiRequest request = parser.takeRequest();
            CHECK(paramOf(request, "no such name").empty());
            CHECK(request.params.size() + request.body.size() < good.size());
        }
    }
    CHECK(whole > 0);
}
