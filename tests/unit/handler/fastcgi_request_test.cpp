#include "handler/fastcgi_request.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

using namespace rtbatch;
using namespace std::chrono_literals;

namespace {

std::string record(int type, const std::string& content, int padding = 0) {
    const auto size = static_cast<unsigned>(content.size());
    std::string bytes{1,
                      static_cast<char>(type),
                      0,
                      1,
                      static_cast<char>(size >> 8),
                      static_cast<char>(size & 0xFF),
                      static_cast<char>(padding),
                      0};
    return bytes + content + std::string(static_cast<std::size_t>(padding), '\0');
}

const std::string kBegin = record(1, std::string(8, '\0'));
const std::string kEnd = record(5, "");

/// The web server's end and ours.
struct Connection {
    int server = -1;
    int ours = -1;

    Connection() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        server = ends[0];
        ours = ends[1];
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Connection() {
        ::close(server);
        ::close(ours);
    }
    void send(const std::string& bytes) const {
        REQUIRE(::send(server, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    std::optional<std::string> receive() const { return receiveRequest(ours, Deadline::in(20s)); }

    /// What the web server reads once our end is closed: 0 a quiet end, else the error.
    int endOf() {
        ::close(std::exchange(ours, -1));
        char byte = 0;
        return ::recv(server, &byte, 1, 0) < 0 ? errno : 0;
    }
};

}  // namespace

TEST_CASE("a request is read to the record that ends its body, however it is cut") {
    const std::string whole = kBegin + record(4, std::string(300, 'p'), 4) + record(4, "") +
                              record(5, std::string(20000, 'b'), 7) + kEnd;
    SECTION("in one piece") {
        const Connection connection;
        connection.send(whole);
        CHECK(connection.receive() == whole);
    }
    SECTION("byte by byte") {
        const Connection connection;
        std::jthread server([&] {
            for (const char byte : whole) {  // no assertion here: Catch's are for one thread
                ::send(connection.server, &byte, 1, MSG_NOSIGNAL);
            }
        });
        CHECK(connection.receive() == whole);
    }
}

TEST_CASE("the connection of a process that dies is reset, so that the answer is torn") {
    Connection connection;
    connection.send(kBegin + kEnd);
    REQUIRE(connection.receive());
    CHECK(connection.endOf() == ECONNRESET);
}

TEST_CASE("the connection of a finished answer ends quietly") {
    Connection connection;
    connection.send(kBegin + kEnd);
    REQUIRE(connection.receive());
    receiveRest(connection.ours);
    CHECK(connection.endOf() == 0);
}

TEST_CASE("what is no request is given up") {
    SECTION("another protocol") {
        const Connection connection;
        connection.send("GET / HTTP/1.1\r\n\r\n");
        CHECK_FALSE(connection.receive());
    }
    SECTION("one that is cut") {
        const Connection connection;
        connection.send(kBegin + kEnd.substr(0, 5));
        ::shutdown(connection.server, SHUT_WR);
        CHECK_FALSE(connection.receive());
    }
    SECTION("one without an end") {
        const Connection connection;
        std::jthread server([&] {
            const std::string more = record(5, std::string(60000, 'b'));
            while (::send(connection.server, more.data(), more.size(), MSG_NOSIGNAL) > 0) {
            }
        });
        CHECK_FALSE(connection.receive());
        ::shutdown(connection.ours, SHUT_RDWR);
    }
    SECTION("one that does not come in time") {
        const Connection connection;
        connection.send(kBegin);
        const timeval patience{.tv_sec = 0, .tv_usec = 10000};
        ::setsockopt(connection.ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        CHECK_FALSE(connection.receive());
    }
}
